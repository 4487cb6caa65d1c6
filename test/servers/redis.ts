import { connect } from 'node:net';
import { given } from './given.js';
import { fromApt } from './install.js';
import { freePort, ProcessServer, temporaryFolder } from './process.js';
import type { Server, ServerOptions } from './server.js';

export interface RedisOptions extends ServerOptions {
  /** Every acknowledged write survives kill -9 (append-only file, synced each time). */
  durable?: boolean;
  /** Clients must give it. */
  password?: string;
}

/** A Redis of its own, `TEST_REDIS_URL`, or Compose's. Without `durable` it forgets everything when it ends. */
export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  const { own, ...special } = options;
  const compose = {
    url: (port: number) => `redis://127.0.0.1:${port}`,
    ready: (url: string) => answersPing(Number(new URL(url).port)),
    override: { command: ['redis-server', ...redisArguments(options)] },
  };
  return given('redis', { own, special, compose }, async () => {
    const program = await redisProgram();
    const port = await freePort();
    const folder = temporaryFolder('redis');
    return new ProcessServer({
      name: 'redis',
      url: `redis://127.0.0.1:${port}`,
      command: program,
      args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--logfile', '', ...redisArguments(options)],
      folder,
      ready: () => answersPing(port),
    });
  });
}

/** The program, installed if need be. */
export function redisProgram(): Promise<string> {
  return fromApt('redis', 'redis-server', 'redis-server');
}

function redisArguments({ durable, password }: RedisOptions): string[] {
  const saving = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  return ['--save', '', ...saving, ...(password === undefined ? [] : ['--requirepass', password])];
}

/** A Redis that is loading its file answers -LOADING, one with a password -NOAUTH: that one is ready. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', reject);
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer')));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(/^(\+PONG|-NOAUTH)/.test(answer.toString('latin1')));
    });
  });
}
