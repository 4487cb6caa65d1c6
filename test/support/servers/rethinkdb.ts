import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { given } from './given.js';
import { which } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import { type Server, type ServerOptions, UnavailableError } from './server.js';

/** The protocol's version V1_0, which a client sends first. */
const V1_0 = Buffer.from([0xc3, 0xbd, 0xc2, 0x34]);

/** Its own command line has no way to listen on one interface only. */
const REQLITE = `
const { Server } = require('node:net');
const { listen } = Server.prototype;
Server.prototype.listen = function (port, done) { return listen.call(this, port, '127.0.0.1', done); };
new (require(process.argv[1]))({ 'driver-port': Number(process.argv[2]), silent: true });
`;

export interface RethinkOptions extends ServerOptions {
  /** The password of the user `admin`. */
  password?: string;
}

/**
 * A RethinkDB: `TEST_RETHINKDB_URL` (rethinkdb://host:port), else the program that `RETHINKDB_BIN` names or the PATH has,
 * else Compose's. No package source has it, so it may be missing.
 */
export async function startRethink(options: RethinkOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const ready = (url: string) => shakesHands(Number(new URL(url).port));
  const compose = { url: address, ready };
  const server = await given('rethinkdb', { own, special, compose }, prepared);
  if (options.password !== undefined) await setPassword(server.url, options.password);
  return server;
}

/**
 * npm's reqlite, which shares RethinkDB's wire for connecting, databases, tables, plain inserts and reads; it knows neither
 * conflict functions nor `wait`, and forgets everything when it ends.
 */
export async function startReqlite(): Promise<Server> {
  const port = await freePort();
  const url = address(port);
  const server = new ProcessServer({
    name: 'reqlite',
    url,
    command: process.execPath,
    args: ['--eval', REQLITE, createRequire(import.meta.url).resolve('reqlite'), String(port)],
    folder: temporaryFolder('reqlite'),
    ready: () => shakesHands(port),
  });
  await server.start();
  return server;
}

async function prepared(): Promise<ProcessServer> {
  const program = process.env.RETHINKDB_BIN || which('rethinkdb');
  if (program === undefined) {
    throw new UnavailableError(
      'rethinkdb',
      'set TEST_RETHINKDB_URL, or RETHINKDB_BIN to the program of RethinkDB 2.4, or run Docker',
    );
  }
  const [port, cluster] = [await freePort(), await freePort()];
  const folder = temporaryFolder('rethinkdb');
  const ports = ['--driver-port', String(port), '--cluster-port', String(cluster)];
  return new ProcessServer({
    name: 'rethinkdb',
    url: address(port),
    command: program,
    args: [
      '--directory',
      join(folder, 'data'),
      '--bind',
      '127.0.0.1',
      ...ports,
      '--no-http-admin',
      '--no-update-check',
    ],
    folder,
    ready: () => shakesHands(port),
  });
}

function address(port: number): string {
  return `rethinkdb://127.0.0.1:${port}`;
}

async function setPassword(url: string, password: string): Promise<void> {
  const { default: r } = await import('rethinkdb');
  const connection = await r.connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  await r.db('rethinkdb').table('users').get('admin').update({ password }).run(connection);
  await connection.close();
}

/** A server that is ready answers the version with a JSON object, whatever its passwords are. */
function shakesHands(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(V1_0));
    socket.once('error', reject);
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer.includes('"success":true'));
    });
  });
}
