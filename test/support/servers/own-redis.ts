import { Redis } from 'ioredis';
import { type RedisOptions, startRedis } from './redis.js';
import { requireServer, type Server } from './server.js';

/** A Redis for the tests of one `describe` alone, and a connection to it, while they run. `url` carries the password. */
export function ownRedis({
  start = startRedis,
  ...options
}: Pick<RedisOptions, 'durable' | 'password'> & {
  /** Another server that speaks Redis' protocol. */
  start?: (options?: RedisOptions) => Promise<Server>;
} = {}) {
  let server: Server;
  let admin: Redis;

  before(async function () {
    server = await requireServer(this, start, { ...options, own: true });
    // BullMQ asks for null.
    admin = new Redis(own.url, { maxRetriesPerRequest: null });
    admin.on('error', () => {});
  });

  after(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  const own = {
    get server() {
      return server;
    },
    get url() {
      return options.password === undefined ? server.url : own.as(options.password);
    },
    get admin() {
      return admin;
    },
    /** The address with any password. */
    as: (password: string) => server.url.replace('//', `//:${password}@`),
  };
  return own;
}
