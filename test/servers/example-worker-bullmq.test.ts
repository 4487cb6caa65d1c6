import { expect } from 'chai';
import { Example } from '../smoke/example.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';

describe('the example worker-bullmq', function () {
  this.timeout(300_000);
  let redis: Server;
  let example: Example;
  before(async function () {
    redis = await requireServer(this, startRedis);
  });
  after(async () => {
    example?.end();
    await redis?.stop();
  });

  it('hands its reports to the queue, from which the worker stores them once', async () => {
    example = await Example.install('worker-bullmq');
    const settings = {
      KANEDA_BULLMQ_REDIS_URL: redis.url,
      KANEDA_BULLMQ_QUEUE_NAME: `example-${process.pid}`,
    };
    const shop = example.start('start', settings);
    await shop.printed(/4 reports are in the queue/);
    expect(example.reports()).to.deep.equal([]);

    const worker = example.start('worker', settings);
    await worker.printed(/"stored":4/);
    expect(await worker.end()).to.equal(0);
    expect(example.total('orders', { article: 'plum' })).to.equal(5);
    expect(example.total('orders', { article: 'pear' })).to.equal(1);
    expect(example.total('order.duration')).to.equal(3);
    const stored = example.reports().map(({ name }) => name);
    expect(stored.sort()).to.deep.equal(['closed', 'order.duration', 'orders', 'orders']);
  });
});
