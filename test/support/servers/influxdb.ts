import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { given } from './given.js';
import { goProgram } from './go-module.js';
import { fromApt } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

export interface InfluxOptions extends ServerOptions {
  /** The last release of InfluxDB 1, built from its sources, instead of Debian's 1.6. */
  latest?: boolean;
  /** Authentication on; an administrator `admin` with this password exists. */
  password?: string;
}

/** An InfluxDB 1.x of its own, `TEST_INFLUXDB_URL`, or Compose's. What it answered 204 for survives kill -9. */
export async function startInflux(options: InfluxOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const { password } = options;
  const compose = {
    url: (port: number) => `http://127.0.0.1:${port}`,
    ready,
    override: { environment: { INFLUXDB_HTTP_AUTH_ENABLED: String(password !== undefined) } },
  };
  const server = await given('influxdb', { own, special, compose }, () =>
    prepared(password, options.latest),
  );
  if (password !== undefined)
    await query(server.url, `CREATE USER admin WITH PASSWORD '${password}' WITH ALL PRIVILEGES`);
  return server;
}

/** The program, installed if need be. */
export function influxProgram(): Promise<string> {
  return fromApt('influxdb', 'influxd', 'influxdb');
}

/** InfluxDB 1.13, whose query language Flux is a library of Rust's. */
function latestProgram(): Promise<string> {
  return goProgram({
    server: 'influxdb',
    module: 'github.com/influxdata/influxdb',
    version: 'v1.13.2',
    package: './cmd/influxd',
    program: 'influxd',
    prepare: fluxEnvironment,
  });
}

/** What Flux, a library of Rust's, needs to be built. */
export async function fluxEnvironment(source: string): Promise<NodeJS.ProcessEnv> {
  const script = ['pkg-config.sh', 'scripts/pkg-config.sh']
    .map((name) => join(source, name))
    .find(existsSync)!;
  chmodSync(script, 0o755);
  return {
    CGO_ENABLED: '1',
    PKG_CONFIG: script,
    RUSTUP_TOOLCHAIN: process.env.RUSTUP_TOOLCHAIN ?? 'stable',
  };
}

async function prepared(
  password: string | undefined,
  latest: boolean | undefined,
): Promise<ProcessServer> {
  const program = latest ? await latestProgram() : await influxProgram();
  const [port, rpc] = [await freePort(), await freePort()];
  const folder = temporaryFolder('influxdb');
  const file = join(folder, 'influxdb.conf');
  writeFileSync(file, configuration(folder, port, rpc, password !== undefined));
  const url = `http://127.0.0.1:${port}`;
  const args = ['run', '-config', file];
  return new ProcessServer({
    name: 'influxdb',
    url,
    command: program,
    args,
    folder,
    ready: () => ready(url),
  });
}

function configuration(folder: string, port: number, rpc: number, auth: boolean): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
index-version = "inmem"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = ${auth}
log-enabled = false
`;
}

async function ready(url: string): Promise<boolean> {
  return (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1_000) })).status === 204;
}

async function query(url: string, q: string): Promise<void> {
  const answer = await fetch(`${url}/query`, { method: 'POST', body: new URLSearchParams({ q }) });
  if (!answer.ok)
    throw new Error(`InfluxDB answers ${answer.status} to its first user: ${await answer.text()}`);
}
