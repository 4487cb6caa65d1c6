import { Redis } from 'ioredis';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { type QueueUnderTest, queueConformance } from '../conformance/queue.js';
import { startRedis } from './redis.js';
import { requireServer, type Server } from './server.js';

describe('RQQueue on a real Redis', () => {
  let server: Server;
  let admin: Redis;
  let underTest: QueueUnderTest;

  before(async function () {
    server = await requireServer(this, startRedis, { own: true, durable: true, password: 'secret' });
    const redisUrl = server.url.replace('//', '//:secret@');
    admin = new Redis(redisUrl);
    admin.on('error', () => {});
    underTest = {
      server,
      queue: (options) => new RQQueue({ ...options, redisUrl }),
      onConnection: async () => {
        const connection = new Redis(redisUrl);
        return {
          queue: new RQQueue({ connection }),
          alive: async () => (await connection.ping()) === 'PONG',
          end: async () => connection.disconnect(),
        };
      },
      locked: () => new RQQueue({ redisUrl: server.url.replace('//', '//:wrong-secret@') }),
      waiting: () => admin.llen('rq:queue:kaneda'),
      dead: async () => {
        const ids = await admin.zrange('rq:failed:kaneda', '0', '-1');
        return Promise.all(ids.map(async (id) => String(await admin.hget(`rq:job:${id}`, 'exc_info'))));
      },
      poison: async () => {
        await admin.hset('rq:job:bad', { data: 'no job', origin: 'kaneda' });
        await admin.rpush('rq:queue:kaneda', 'bad');
      },
      leftovers: async () => (await admin.keys('*')).filter((key) => key !== 'rq:queues'),
      clear: async () => void (await admin.flushall()),
    };
  });

  after(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  queueConformance(() => underTest);
});
