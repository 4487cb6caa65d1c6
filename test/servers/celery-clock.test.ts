import { expect } from 'chai';
import { Redis } from 'ioredis';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';

describe('CeleryQueue on Redis, on a computer whose clock is wrong', function () {
  this.timeout(60_000);
  let server: Server | undefined;
  before(async function () {
    server = await requireServer(this, startRedis, { own: true });
  });
  after(() => server?.stop());

  for (const hours of [2, -2]) {
    it(`leaves a message with the worker that holds it, and holds its own by Redis's clock: ${hours} hours`, async () => {
      const redis = new Redis(server!.url);
      const now = Date.now;
      try {
        await redis.flushall();
        const held = JSON.stringify([{ body: 'anything' }, '', 'metrics']);
        await redis.hset('unacked', 'theirs', held);
        await redis.zadd('unacked_index', now() / 1_000, 'theirs');
        await redis.lpush('metrics', JSON.stringify({ body: 'not a report' }));
        Date.now = () => now() + hours * 3_600_000;
        const queue = new CeleryQueue({ broker: server!.url, queueName: 'metrics' });
        const { signal } = new AbortController();
        const refused: string[] = [];
        const taken = await queue.take({
          max: 10,
          signal,
          wait: false,
          refused: (reason) => void refused.push(reason),
        });
        expect(taken).to.deep.equal([]);
        expect(refused).to.have.lengthOf(1);
        expect(await redis.hget('unacked', 'theirs')).to.equal(held);
        expect(await redis.llen('metrics')).to.equal(0);
        await queue.shutdown();
      } finally {
        Date.now = now;
        redis.disconnect();
      }
    });
  }
});
