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
  const text = join(folder, 'samples.txt');
  writeFileSync(text, samples);
  const data = join(folder, 'data');
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', text, data]);
  return started(command, folder, {});
}

/**
 * A Prometheus that scrapes twice a second, native histograms too.
 * @param target `host:port`.
 */
export async function startScraping(target: string): Promise<Server> {
  const command = await prometheusProgram();
  const job = {
    job_name: 'collector',
    honor_labels: true,
    static_configs: [{ targets: [target] }],
  };
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
    scrape_configs: [job],
  };
  const options = ['--enable-feature=native-histograms'];
  return started(command, temporaryFolder('prometheus'), config, options);
}

/** JSON is YAML. */
async function started(
  command: string,
  folder: string,
  configuration: object,
  options: readonly string[] = [],
): Promise<Server> {
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, JSON.stringify(configuration));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new ProcessServer({
    name: 'prometheus',
    url,
    command,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...options,
    ],
    folder,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  await server.start();
  return server;
}
