import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { Certificates } from './certificates.js';
import { given } from './given.js';
import { fromApt } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

/** Where Debian keeps the script that starts a broker as any user, and Homebrew's. */
const FOLDERS = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/sbin', '/usr/local/sbin'];

/**
 * A name server of its own, in the same process group, so that it ends with the broker. A broker that finds none yet starts
 * one that nobody ends.
 */
const NAME_SERVER = `epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 &
until epmd -port "$ERL_EPMD_PORT" -names >/dev/null 2>&1; do sleep 0.1; done;`;

/** AMQP's answer to a client's header: method 10.10, connection.start, in the first frame. */
const CONNECTION_START = Buffer.from([0, 10, 0, 10]);

export interface RabbitOptions extends ServerOptions {
  /** Speaks TLS, and nothing else. */
  tls?: Certificates;
}

/**
 * A RabbitMQ of its own, `TEST_RABBITMQ_URL`, or Compose's. Confirmed persistent messages survive kill -9 as long as their
 * queue does, and the declaration of a durable queue reaches the disk a while after it was answered: a test that kills the
 * broker declares its queue, then does `stop` and `start` first.
 */
export async function startRabbit({ own, ...special }: RabbitOptions = {}): Promise<Server> {
  const compose = {
    url: (port: number) => address(port),
    ready: (url: string) => greets(Number(new URL(url).port)),
  };
  const { tls } = special;
  return given('rabbitmq', { own, special, compose: tls === undefined ? compose : undefined }, () =>
    prepared(tls),
  );
}

/** The program, installed if need be. */
export function rabbitProgram(): Promise<string> {
  return fromApt('rabbitmq', 'rabbitmq-server', 'rabbitmq-server', ...FOLDERS);
}

function address(port: number, tls = false): string {
  return `${tls ? 'amqps' : 'amqp'}://guest:guest@127.0.0.1:${port}`;
}

/** A broker that runs here as a process. */
export class RabbitProcess extends ProcessServer {
  /** Has it stop reading from who publishes, as one does that is short of memory; or go on. */
  shortOfMemory(short: boolean): void {
    const limit = short ? ['absolute', '1MB'] : ['0.4'];
    this.control('set_vm_memory_high_watermark', ...limit);
  }

  /** Runs `rabbitmqctl` on this broker, and returns what it prints. */
  control(...args: readonly string[]): string {
    const program = join(dirname(this.launch.args.at(-1)!), 'rabbitmqctl');
    const env = { ...process.env, ...this.launch.env };
    const all = ['-n', env.RABBITMQ_NODENAME!, ...args];
    return execFileSync(program, all, { env, stdio: 'pipe', encoding: 'utf8' });
  }
}

async function prepared(tls: Certificates | undefined): Promise<RabbitProcess> {
  const program = await rabbitProgram();
  const folder = temporaryFolder('rabbitmq');
  const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  const env = environment(folder, port, distribution, epmd);
  writeConfiguration(folder, port, tls);
  return new RabbitProcess({
    name: 'rabbitmq',
    url: address(port, tls !== undefined),
    command: '/bin/sh',
    args: ['-c', `${NAME_SERVER} exec "$1"`, 'sh', scriptFor(program)],
    folder,
    env,
    pidFile: env.RABBITMQ_PID_FILE,
    prepare: () => rmSync(env.RABBITMQ_PID_FILE, { force: true }),
    ready: () => greets(port, tls !== undefined),
    stopWithin: 30_000,
  });
}

/** Debian's command in /usr/sbin changes to another user; the script behind it does not. */
function scriptFor(program: string): string {
  return program === '/usr/sbin/rabbitmq-server'
    ? '/usr/lib/rabbitmq/bin/rabbitmq-server'
    : program;
}

function environment(folder: string, port: number, distribution: number, epmd: number) {
  const at = (name: string) => join(folder, name);
  return {
    HOME: at('home'),
    RABBITMQ_NODENAME: `kaneda${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_CONF_ENV_FILE: at('env.conf'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: at('advanced.config'),
    RABBITMQ_MNESIA_BASE: at('mnesia'),
    RABBITMQ_LOG_BASE: at('logs'),
    RABBITMQ_PID_FILE: at('rabbitmq.pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: at('generated'),
    RABBITMQ_SCHEMA_DIR: at('schema'),
    RABBITMQ_FEATURE_FLAGS_FILE: at('feature_flags'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
}

function writeConfiguration(folder: string, port: number, tls: Certificates | undefined): void {
  for (const sub of ['home', 'mnesia', 'logs', 'generated', 'schema']) mkdirSync(join(folder, sub));
  writeFileSync(join(folder, 'home', '.erlang.cookie'), `kaneda${port}`, { mode: 0o400 });
  writeFileSync(join(folder, 'env.conf'), '');
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  writeFileSync(join(folder, 'advanced.config'), '[].\n');
  const lines = [
    ...(tls === undefined ? [`listeners.tcp.1 = 127.0.0.1:${port}`] : tlsListener(port, tls)),
    'log.console = true',
    'log.file = false',
    'disk_free_limit.absolute = 50MB',
    '',
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), lines.join('\n'));
}

function tlsListener(port: number, { authority, certificate, key }: Certificates): string[] {
  return [
    'listeners.tcp = none',
    `listeners.ssl.1 = 127.0.0.1:${port}`,
    `ssl_options.cacertfile = ${authority}`,
    `ssl_options.certfile = ${certificate}`,
    `ssl_options.keyfile = ${key}`,
    'ssl_options.verify = verify_none',
  ];
}

function greets(port: number, tls = false): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const greet = () => socket.write('AMQP\0\0\x09\x01', 'latin1');
    const socket = tls
      ? connectTls({ port, rejectUnauthorized: false }, greet)
      : connect(port, '127.0.0.1', greet);
    socket.once('error', reject);
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.once('data', (frame) => {
      socket.destroy();
      resolve(frame.subarray(7, 11).equals(CONNECTION_START));
    });
  });
}
