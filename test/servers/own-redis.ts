import { Redis } from 'ioredis';
import { startRedis } from './redis.js';
import { requireServer, type Server } from './server.js';

/** A Redis for the tests of one `describe` alone, and a connection to it, while they run. */
export function ownRedis(): { readonly url: string; readonly admin: Redis } {
  let server: Server;
  let admin: Redis;

  before(async function () {
    server = await requireServer(this, startRedis, { own: true });
    // BullMQ asks for null.
    admin = new Redis(server.url, { maxRetriesPerRequest: null });
  });

  after(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  return {
    get url() {
      return server.url;
    },
    get admin() {
      return admin;
    },
  };
}
