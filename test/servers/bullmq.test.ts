import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { type QueueUnderTest, queueConformance } from '../conformance/queue.js';
import { startRedis } from './redis.js';
import { requireServer, type Server } from './server.js';

describe('BullMQQueue on a real Redis', () => {
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
      queue: (options) => new BullMQQueue({ ...options, redisUrl }),
      onConnection: async () => {
        const connection = new Redis(redisUrl);
        const queue = new Queue('kaneda', { connection });
        return {
          queue: new BullMQQueue({ queue }),
          alive: async () => (await queue.getWaitingCount()) >= 0 && (await connection.ping()) === 'PONG',
          end: async () => {
            await queue.close();
            connection.disconnect();
          },
        };
      },
      locked: () => new BullMQQueue({ redisUrl: server.url.replace('//', '//:wrong-secret@') }),
      waiting: () => admin.llen('bull:kaneda:wait'),
      dead: async () => {
        const ids = await admin.zrange('bull:kaneda:failed', '0', '-1');
        return Promise.all(ids.map(async (id) => String(await admin.hget(`bull:kaneda:${id}`, 'failedReason'))));
      },
      poison: async () => {
        const queue = new Queue('kaneda', { connection: admin });
        queue.on('error', () => {});
        const { id } = await queue.add('report', {});
        await admin.hset(`bull:kaneda:${id}`, 'data', '{"not JSON');
      },
      leftovers: async () =>
        (await admin.keys('bull:*')).filter((key) => !/:(meta|events|marker|id|stalled-check|completed)$/.test(key)),
      clear: async () => void (await admin.flushall()),
    };
  });

  after(async () => {
    admin?.disconnect();
    await server?.stop();
  });

  queueConformance(() => underTest);
});
