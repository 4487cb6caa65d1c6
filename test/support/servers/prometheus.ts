import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt, run } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server } from './server.js';

/** The program, installed if need be; `promtool` comes with it. */
export function prometheusProgram(): Promise<string> {
  return fromApt('prometheus', 'prometheus', 'prometheus');
}

/**
 * A Prometheus that scrapes nothing and has what it is given.
 * @param samples in OpenMetrics' text form, with timestamps.
 */
export async function startPrometheus(samples: string): Promise<Server> {
  const command = await prometheusProgram();
  const folder = temporaryFolder('prometheus');
  const data = join(folder, 'data');
  const [text, config] = [join(folder, 'samples.txt'), join(folder, 'prometheus.yml')];
  writeFileSync(text, samples);
  writeFileSync(config, 'global: {}\n');
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', text, data]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new ProcessServer({
    name: 'prometheus',
    url,
    command,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  await server.start();
  return server;
}
