import { Redis } from 'ioredis';
import { CeleryQueue } from '../../../exporters/queues/celery/index.js';
import { RQQueue } from '../../../exporters/queues/rq/index.js';
import { type QueueUnderTest, queueConformance } from '../../conformance/suites/queue.js';
import { ownRedis } from '../../support/servers/own-redis.js';
import { startValkey } from '../../support/servers/valkey.js';

describe('RQQueue on a real Valkey', () => {
  const valkey = ownRedis({ start: startValkey, password: 'secret' });

  const underTest = (): QueueUnderTest => ({
    server: valkey.server,
    queue: (options) => new RQQueue({ ...options, redisUrl: valkey.url }),
    onConnection: async () => {
      const connection = new Redis(valkey.url);
      return {
        queue: new RQQueue({ connection }),
        alive: async () => (await connection.ping()) === 'PONG',
        end: async () => connection.disconnect(),
      };
    },
    locked: () => new RQQueue({ redisUrl: valkey.as('wrong-secret') }),
    waiting: () => valkey.admin.llen('rq:queue:kaneda'),
    dead: async () => {
      const ids = await valkey.admin.zrange('rq:failed:kaneda', '0', '-1');
      return Promise.all(
        ids.map(async (id) => String(await valkey.admin.hget(`rq:job:${id}`, 'exc_info'))),
      );
    },
    poison: async () => {
      await valkey.admin.hset('rq:job:bad', { data: 'no job', origin: 'kaneda' });
      await valkey.admin.rpush('rq:queue:kaneda', 'bad');
    },
    leftovers: async () => (await valkey.admin.keys('*')).filter((key) => key !== 'rq:queues'),
    clear: async () => void (await valkey.admin.flushall()),
  });

  queueConformance(underTest);
});

describe('CeleryQueue on a real Valkey', () => {
  const valkey = ownRedis({ start: startValkey, password: 'secret' });

  const underTest = (): QueueUnderTest => ({
    server: valkey.server,
    queue: (options) => new CeleryQueue({ ...options, broker: valkey.url }),
    onConnection: async () => {
      const connection = new Redis(valkey.url);
      return {
        queue: new CeleryQueue({ connection }),
        alive: async () => (await connection.ping()) === 'PONG',
        end: async () => connection.disconnect(),
      };
    },
    locked: () => new CeleryQueue({ broker: valkey.as('wrong-secret') }),
    waiting: () => valkey.admin.llen('celery'),
    dead: async () =>
      (await valkey.admin.lrange('celery.dead', '0', '-1')).map(
        (item) => JSON.parse(item).headers.kaneda_reason,
      ),
    poison: async () =>
      void (await valkey.admin.lpush('celery', '{"headers": {}, "properties": {}}')),
    leftovers: async () => valkey.admin.keys('*'),
    clear: async () => void (await valkey.admin.flushall()),
  });

  queueConformance(underTest);
});
