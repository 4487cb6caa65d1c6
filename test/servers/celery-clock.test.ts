import { expect } from 'chai';
import { Redis } from 'ioredis';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';

describe('CeleryQueue on Redis, beside messages that other queues hold for later', function () {
  this.timeout(120_000);
  let server: Server | undefined;
  before(async function () {
    server = await requireServer(this, startRedis, { own: true });
  });
  after(() => server?.stop());

  it('gives back what a dead Python worker held, however many of them are older', async () => {
    const redis = new Redis(server!.url);
    const held = (queue: string) => JSON.stringify([{ body: 'anything' }, '', queue]);
    const old = Date.now() / 1_000 - 10_000;
    const others = Array.from({ length: 3_000 }, (_, i) => `other${i}`);
    await redis.hset('unacked', Object.fromEntries(others.map((tag) => [tag, held('mail')])));
    await redis.zadd('unacked_index', ...others.flatMap((tag) => [old, tag]));
    await redis.hset('unacked', 'mine', held('metrics'));
    await redis.zadd('unacked_index', old + 5_000, 'mine');
    const queue = new CeleryQueue({ broker: server!.url, queueName: 'metrics' });
    const { signal } = new AbortController();
    const refused: string[] = [];
    await queue.take({ max: 1, signal, wait: false, refused: (reason) => refused.push(reason) });
    await queue.shutdown();
    expect(refused).to.have.lengthOf(1);
    expect(await redis.hlen('unacked')).to.equal(3_000);
    expect(await redis.llen('metrics.dead')).to.equal(1);
    redis.disconnect();
  });
});

describe('CeleryQueue on Redis, on a computer whose clock is wrong', function () {
  this.timeout(120_000);
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
