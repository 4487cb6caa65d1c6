import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { given } from './given.js';
import { type Go, withGo } from './go.js';
import { installed, run } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

export const FERRETDB_VERSION = '1.24.2';

export interface MongoOptions extends ServerOptions {
  /** Clients must sign in as `admin` with this password (SCRAM-SHA-256, authSource admin). */
  password?: string;
}

/**
 * What speaks MongoDB's protocol: `TEST_MONGODB_URL`, else FerretDB over SQLite, which is no MongoDB in this: no TTL, time
 * series nor transactions; NaN and Decimal128 close the connection; 11000 names no index; look-ups by `_id` scan.
 * Close clients before `stop`, else it takes three seconds.
 */
export async function startMongo(options: MongoOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const root = {
    MONGO_INITDB_ROOT_USERNAME: 'admin',
    MONGO_INITDB_ROOT_PASSWORD: options.password,
  };
  const compose = {
    url: (port: number) => `mongodb://127.0.0.1:${port}/`,
    ready: (url: string) => listens(Number(new URL(url).port)),
    override: options.password === undefined ? {} : { environment: root },
  };
  return given('mongodb', { own, special, compose }, () => prepared(options.password));
}

/** True when MongoDB's protocol is served by FerretDB: tests of what it lacks skip themselves. */
export function isFerret(server: Server): boolean {
  return server instanceof ProcessServer;
}

/** The FerretDB binary, built on first use (a minute and a half). */
export async function ferretdb(): Promise<string> {
  const folder = await installed('mongodb', `ferretdb-${FERRETDB_VERSION}`, (into) =>
    withGo('mongodb', (go) => build(go, into)),
  );
  return join(folder, 'ferretdb');
}

async function prepared(password: string | undefined): Promise<ProcessServer> {
  const program = await ferretdb();
  const port = await freePort();
  const folder = temporaryFolder('ferretdb');
  const signIn = [
    '--test-enable-new-auth',
    '--setup-database=admin',
    '--setup-username=admin',
    `--setup-password=${password}`,
  ];
  return new ProcessServer({
    name: 'ferretdb',
    url: `mongodb://127.0.0.1:${port}/`,
    command: program,
    args: [
      '--handler=sqlite',
      `--sqlite-url=file:${folder}/`,
      `--listen-addr=127.0.0.1:${port}`,
      '--debug-addr=-',
      '--telemetry=disable',
      `--state-dir=${folder}`,
      '--log-level=error',
      ...(password === undefined ? [] : signIn),
    ],
    folder,
    ready: () => listens(port),
  });
}

/** The module is fetched by its exact version, and told which one it is: its own build reads that from git. */
async function build(go: Go, folder: string): Promise<void> {
  const module = JSON.parse(
    await go(['mod', 'download', '-json', `github.com/FerretDB/FerretDB@v${FERRETDB_VERSION}`]),
  ) as {
    Dir: string;
  };
  const source = join(folder, 'source');
  cpSync(module.Dir, source, { recursive: true });
  await run('chmod', ['-R', 'u+w', source]);
  writeFileSync(join(source, 'build', 'version', 'version.txt'), `v${FERRETDB_VERSION}`);
  const output = join(folder, 'ferretdb');
  const flags = ['-trimpath', '-ldflags=-s -w', '-tags', 'ferretdb_no_postgresql', '-o', output];
  await go(['build', ...flags, './cmd/ferretdb'], { cwd: source });
  rmSync(source, { recursive: true });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', reject);
  });
}
