import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { ExporterOptions } from '../../exporters/index.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { Script } from '../../exporters/queues/redis/script.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { until } from '../support/until.js';

const QUEUES: Record<string, (url: string, options?: ExporterOptions) => ReportQueue> = {
  RQQueue: (redisUrl, options) => new RQQueue({ ...options, redisUrl }),
  CeleryQueue: (broker, options) => new CeleryQueue({ ...options, broker }),
  BullMQQueue: (redisUrl, options) => new BullMQQueue({ ...options, redisUrl }),
};

for (const [name, queueOn] of Object.entries(QUEUES)) {
  describe(`${name} on a Redis that is not as it should be`, () => {
    const redis = ownRedis();

    beforeEach(async () => void (await redis.admin.flushall()));

    /** What a producer and a worker fail with, and that neither left anything in database 0. */
    async function expectRefused(url: string, message: RegExp): Promise<void> {
      const producer = queueOn(url);
      producer[INTERNALS].accept(someReports(2));
      await until(() => producer.fault !== undefined);
      for (let attempt = 0; attempt < 2; attempt++) {
        const failure = (await producer
          .forceFlush({ timeout: 1_500 })
          .catch((error: unknown) => error)) as Error;
        expect(failure.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
        expect(failure.cause).to.have.property('message').which.matches(message);
      }
      expect(producer.ledger()).to.deep.include({ pending: 2, stored: 0 });
      await producer.shutdown({ timeout: 500 }).catch(() => {});
      const taker = queueOn(url);
      const takes = Array.from({ length: 3 }, () =>
        taker.take({ max: 1, wait: false, signal: AbortSignal.timeout(30_000) }),
      );
      for (const take of await Promise.allSettled(takes)) {
        expect(take).to.have.property('status', 'rejected');
        expect(take).to.have.nested.property('reason.message').which.matches(message);
      }
      await taker.shutdown({ timeout: 500 }).catch(() => {});
      expect(await redis.admin.keys('*')).to.deep.equal([]);
    }

    it('uses no other database than the one in its URL', async () => {
      await expectRefused(`${redis.url}/99`, /DB index.*number of the database/);
    });

    it('uses no other database when the user may not select', async () => {
      await redis.admin.call(
        'ACL',
        'SETUSER',
        'unselective',
        'on',
        '>pw',
        '~*',
        '&*',
        '+@all',
        '-select',
      );
      await expectRefused(`${redis.url.replace('//', '//unselective:pw@')}/3`, /NOPERM/);
    });

    it('is left alone by a queue that was shut down while it took', async () => {
      for (const pause of [0, 10, 300]) {
        const queue = queueOn(redis.url);
        const take = queue
          .take({ max: 1, signal: new AbortController().signal })
          .catch((error: Error) => error.message);
        await sleep(pause);
        await queue.shutdown({ timeout: 1_000 });
        expect(await take).to.equal('the queue is closed');
      }
      const producer = queueOn(redis.url);
      producer[INTERNALS].accept(someReports(2));
      await producer.forceFlush({ timeout: 30_000 });
      await producer.shutdown();
      await sleep(500);
      const clients = (await redis.admin.client('LIST')) as string;
      expect(clients).to.not.include('name=kaneda');
      const worker = queueOn(redis.url);
      const taken = await worker.take({ max: 5, wait: false, signal: AbortSignal.timeout(30_000) });
      expect(taken).to.have.lengthOf(2);
      await worker.shutdown();
    });

    it('gives a caller without a limit all that waits, and gets all of it back', async () => {
      const producer = queueOn(redis.url);
      const take = (queue: ReportQueue) =>
        queue.take({ max: Infinity, wait: false, signal: AbortSignal.timeout(30_000) });
      expect(await take(producer)).to.deep.equal([]);
      producer[INTERNALS].accept(someReports(5));
      await producer.forceFlush({ timeout: 30_000 });
      for (const delivery of await take(producer)) await delivery.retry('not now');
      expect(await take(producer)).to.have.lengthOf(5);
      await producer.shutdown();
    });

    it('is emptied by a worker while it is full, and says what to do about it', async () => {
      const producer = queueOn(redis.url);
      const sent = someReports(4_000);
      producer[INTERNALS].accept(sent);
      await producer.forceFlush({ timeout: 30_000 });
      await redis.admin.config('SET', 'maxmemory', '1mb');
      try {
        producer[INTERNALS].accept(someReports(1));
        await until(() => producer.fault !== undefined);
        const failure = (await producer
          .forceFlush({ timeout: 1_500 })
          .catch((error: unknown) => error)) as Error;
        expect(failure.cause).to.have.property(
          'message',
          'Redis is full: raise maxmemory, or start workers',
        );
        expect(producer.ledger()).to.deep.include({ pending: 1, rejected: {} });
        const backend = new InMemoryExporter();
        backend.refuses = ({ id }) => (id === sent[3]!.id ? 'refused' : undefined);
        const worker = new Worker({ queue: queueOn(redis.url), backend, batchSize: 100 });
        const run = worker.run({ once: true });
        await until(() => backend.reports.length >= sent.length - 1, 60_000);
        expect(backend.reports.length).to.equal(sent.length - 1);
        await redis.admin.config('SET', 'maxmemory', '0');
        await run;
        await worker.close();
        expect(worker.ledger()).to.deep.include({ pending: 0, rejected: { refused: 1 } });
        await producer.forceFlush({ timeout: 30_000 });
      } finally {
        await redis.admin.config('SET', 'maxmemory', '0');
        await producer.shutdown();
      }
    }).timeout(150_000);

    it('works in the database of its URL, again after its connection was lost', async () => {
      const url = `${redis.url}/3`;
      const producer = queueOn(url);
      producer[INTERNALS].accept(someReports(5));
      await producer.forceFlush({ timeout: 30_000 });
      await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      producer[INTERNALS].accept(someReports(5));
      await producer.forceFlush({ timeout: 30_000 });
      await producer.shutdown();
      expect(await redis.admin.keys('*')).to.deep.equal([]);
      expect(await redis.admin.info('keyspace')).to.match(/^db3:/m);
      const backend = new InMemoryExporter();
      const worker = new Worker({ queue: queueOn(url), backend });
      await worker.run({ once: true });
      await worker.close();
      expect(backend.reports.length).to.equal(10);
    });
  });
}

describe('A script on Redis', () => {
  const redis = ownRedis();

  it('has as many arguments as a worker has jobs in hand', async () => {
    const ids = Array.from({ length: 200_000 }, (_, i) => `id-${i}`);
    expect(await new Script('return #ARGV').run(redis.admin, ['key'], ids)).to.equal(200_000);
  });
});
