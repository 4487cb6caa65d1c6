import { given } from './given.js';
import { goProgram } from './go-module.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

/** A VictoriaMetrics of one node, or `TEST_VICTORIAMETRICS_URL`. */
export function startVictoriaMetrics({ own }: ServerOptions = {}): Promise<Server> {
  return given('victoriametrics', { own, compose: undefined }, prepared);
}

async function prepared(): Promise<ProcessServer> {
  const program = await goProgram({
    server: 'victoriametrics',
    module: 'github.com/VictoriaMetrics/VictoriaMetrics',
    version: 'v1.151.0',
    package: './app/victoria-metrics',
    program: 'victoria-metrics',
  });
  const url = `http://127.0.0.1:${await freePort()}`;
  const folder = temporaryFolder('victoriametrics');
  return new ProcessServer({
    name: 'victoriametrics',
    url,
    command: program,
    args: [
      `-httpListenAddr=${new URL(url).host}`,
      `-storageDataPath=${folder}/data`,
      '-retentionPeriod=100y',
    ],
    folder,
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
}
