import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Redis } from 'ioredis';
import type { Certificates } from './certificates.js';
import { given } from './given.js';
import { fromApt } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

export interface RedisOptions extends ServerOptions {
  /** Every acknowledged write survives kill -9 (append-only file, synced each time). */
  durable?: boolean;
  /** Clients must give it. */
  password?: string;
  /** Speaks TLS, and nothing else. */
  tls?: Certificates;
  /** One node of a Cluster, which has all slots. */
  cluster?: boolean;
}

/** A Redis of its own, `TEST_REDIS_URL`, or Compose's. Without `durable` it forgets everything when it ends. */
export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const compose = {
    url: (port: number) => `redis://127.0.0.1:${port}`,
    ready: (url: string) => answersPing(Number(new URL(url).port)),
    override: { command: ['redis-server', ...redisArguments(options)] },
  };
  return given(
    'redis',
    { own, special, compose: options.tls === undefined ? compose : undefined },
    async () => {
      const program = await redisProgram();
      const port = await freePort();
      const folder = temporaryFolder('redis');
      const listening =
        options.tls === undefined
          ? ['--port', String(port)]
          : ['--port', '0', '--tls-port', String(port)];
      return new ProcessServer({
        name: 'redis',
        url: `${options.tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
        command: program,
        args: [
          ...listening,
          '--bind',
          '127.0.0.1',
          '--dir',
          folder,
          '--logfile',
          '',
          ...redisArguments(options),
        ],
        folder,
        ready: async () =>
          (await answersPing(port, options.tls !== undefined)) &&
          (options.cluster !== true || (await takesAllSlots(port))),
      });
    },
  );
}

/** The program, installed if need be. */
export function redisProgram(): Promise<string> {
  return fromApt('redis', 'redis-server', 'redis-server');
}

function redisArguments({ durable, password, tls, cluster }: RedisOptions): string[] {
  const saving = durable
    ? ['--appendonly', 'yes', '--appendfsync', 'always']
    : ['--appendonly', 'no'];
  const files = tls && [
    '--tls-cert-file',
    tls.certificate,
    '--tls-key-file',
    tls.key,
    '--tls-ca-cert-file',
    tls.authority,
  ];
  return [
    ...['--save', '', ...saving],
    ...(password === undefined ? [] : ['--requirepass', password]),
    ...(files === undefined ? [] : [...files, '--tls-auth-clients', 'no']),
    ...(cluster ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] : []),
  ];
}

/** Gives all slots to the node, and tells whether the Cluster works with them. */
async function takesAllSlots(port: number): Promise<boolean> {
  const node = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  node.on('error', () => {});
  try {
    await node.connect();
    if ((await node.cluster('INFO')).includes('cluster_state:ok')) return true;
    await node.cluster('ADDSLOTSRANGE', 0, 16_383).catch(() => {});
    return false;
  } finally {
    node.disconnect();
  }
}

/** A Redis that is loading its file answers -LOADING, one with a password -NOAUTH: that one is ready. */
function answersPing(port: number, tls = false): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const ask = () => socket.write('PING\r\n');
    const socket = tls
      ? connectTls({ port, rejectUnauthorized: false }, ask)
      : connect(port, '127.0.0.1', ask);
    socket.once('error', reject);
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(/^(\+PONG|-NOAUTH)/.test(answer.toString('latin1')));
    });
  });
}
