import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { SettingsError } from '../../exporters/index.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { until } from '../support/until.js';

const ON_CONNECTION: Record<string, (connection: Redis) => ReportQueue> = {
  RQQueue: (connection) => new RQQueue({ connection }),
  CeleryQueue: (connection) => new CeleryQueue({ connection }),
  BullMQQueue: (connection) => new BullMQQueue({ connection }),
};

/** Enqueues through one queue and stores through another; returns how many reports the store has. */
async function storedThrough(make: () => ReportQueue, count: number): Promise<number> {
  const producer = make();
  producer[INTERNALS].accept(someReports(count));
  await producer.forceFlush({ timeout: 30_000 });
  const store = new InMemoryExporter();
  const worker = new Worker({ queue: make(), backend: store });
  await worker.run({ once: true });
  await worker.close();
  await producer.shutdown();
  return store.reports.length;
}

describe("Queues on the application's own connection to Redis", () => {
  const redis = ownRedis();
  const options: Record<string, RedisOptions> = {
    'automatic pipelining': { enableAutoPipelining: true },
    'numbers as strings': { stringNumbers: true },
    'a lazy connection': { lazyConnect: true },
    'no offline queue': { enableOfflineQueue: false },
    'another database': { db: 3 },
  };

  beforeEach(async () => void (await redis.admin.flushall()));

  for (const [name, queueOn] of Object.entries(ON_CONNECTION)) {
    for (const [what, given] of Object.entries(options)) {
      it(`${name} enqueues and works with ${what}`, async () => {
        const connection = new Redis(redis.url, given as object);
        connection.on('error', () => {});
        try {
          if (given.lazyConnect !== true)
            await new Promise((resolve) => connection.once('ready', resolve));
          expect(await storedThrough(() => queueOn(connection), 5)).to.equal(5);
        } finally {
          connection.disconnect();
        }
      });
    }

    it(`${name} says that a connection which the application closed has ended`, async () => {
      const connection = new Redis(redis.url);
      const queue = queueOn(connection);
      queue[INTERNALS].accept(someReports(1));
      await queue.forceFlush({ timeout: 30_000 });
      connection.disconnect();
      queue[INTERNALS].accept(someReports(1));
      await until(() => queue.fault !== undefined);
      expect(queue.fault)
        .to.have.property('message')
        .that.includes('an application that gave it must close');
      await queue.shutdown({ timeout: 100 });
    });

    it(`${name} refuses a keyPrefix when it is constructed`, () => {
      for (const keyPrefix of ['shop:', Buffer.from('shop:') as unknown as string]) {
        const connection = new Redis(redis.url, { keyPrefix, lazyConnect: true });
        expect(() => queueOn(connection)).to.throw(SettingsError, /keyPrefix.*'shop:'/);
      }
    });
  }

  it("BullMQQueue rejects the one report that is over the Queue's sizeLimit", async () => {
    const queue = new Queue('kaneda', {
      connection: redis.admin,
      defaultJobOptions: { sizeLimit: 2_000 },
    });
    const producer = new BullMQQueue({ queue });
    const reports = someReports(10);
    reports[4] = { ...reports[4]!, value: 'x'.repeat(5_000) };
    producer[INTERNALS].accept(reports);
    await producer.forceFlush();
    expect(await queue.getWaitingCount()).to.equal(9);
    expect(producer.ledger()).to.deep.include({
      stored: 9,
      rejected: { "larger than the queue's sizeLimit of 2000 bytes": 1 },
    });
    await producer.shutdown();
    await queue.close();
  });

  it('BullMQQueue takes a sizeLimit of 0 as none, as BullMQ does', async () => {
    const queue = new Queue('kaneda', {
      connection: redis.admin,
      defaultJobOptions: { sizeLimit: 0 },
    });
    const producer = new BullMQQueue({ queue });
    producer[INTERNALS].accept(someReports(2));
    await producer.forceFlush();
    expect(await queue.getWaitingCount()).to.equal(2);
    await producer.shutdown();
    await queue.close();
  });

  it('BullMQQueue enqueues each report where the Queue deduplicates its own jobs', async () => {
    const queue = new Queue('kaneda', {
      connection: redis.admin,
      defaultJobOptions: { deduplication: { id: 'one' } } as object,
    });
    const producer = new BullMQQueue({ queue });
    producer[INTERNALS].accept(someReports(3));
    await producer.forceFlush();
    expect(await queue.getWaitingCount()).to.equal(3);
    await producer.shutdown();
    await queue.close();
  });
});

describe('Queues on a Redis Cluster', () => {
  let server: Server;
  let cluster: Cluster;
  before(async function () {
    server = await requireServer(this, startRedis, { own: true, cluster: true });
    const { hostname, port } = new URL(server.url);
    cluster = new Cluster([{ host: hostname, port: Number(port) }]);
    cluster.on('error', () => {});
  });
  after(async () => {
    cluster?.disconnect();
    await server?.stop();
  });

  it('BullMQQueue works through a Queue whose prefix has braces', async () => {
    const queue = new Queue('kaneda', { connection: cluster, prefix: '{kaneda}' });
    queue.on('error', () => {});
    expect(await storedThrough(() => new BullMQQueue({ queue }), 5)).to.equal(5);
    await queue.close();
  });

  it('BullMQQueue works on a Cluster connection with braces in the name of the queue', async () => {
    const make = () => new BullMQQueue({ connection: cluster, queueName: '{kaneda}' });
    expect(await storedThrough(make, 5)).to.equal(5);
  });

  it('BullMQQueue names the prefix when it is constructed without braces', () => {
    const queue = new Queue('kaneda', { connection: cluster });
    queue.on('error', () => {});
    expect(() => new BullMQQueue({ queue })).to.throw(SettingsError, /prefix 'bull'.*\{kaneda\}/);
    // Of several braces the first ones decide.
    expect(() => new BullMQQueue({ connection: cluster, queueName: '{}{kaneda}' })).to.throw(
      SettingsError,
      /prefix 'bull'/,
    );
  });

  it('RQQueue and CeleryQueue refuse a Cluster when they are constructed', () => {
    for (const queueOn of [ON_CONNECTION.RQQueue!, ON_CONNECTION.CeleryQueue!])
      expect(() => queueOn(cluster as never)).to.throw(SettingsError, /must not be a Cluster/);
  });

  it('each queue explains a URL, and BullMQQueue a Queue, that leads to a Cluster, and keeps its reports', async () => {
    const { hostname: host, port } = new URL(server.url);
    const queue = new Queue('kaneda', { connection: { host, port: Number(port) } });
    queue.on('error', () => {});
    const queues = [
      new BullMQQueue({ queue }),
      new RQQueue({ redisUrl: server.url }),
      new CeleryQueue({ broker: server.url }),
      new BullMQQueue({ redisUrl: server.url }),
    ];
    for (const queue of queues) {
      queue[INTERNALS].accept(someReports(2));
      await until(() => queue.fault !== undefined);
      const error = (await queue.forceFlush({ timeout: 500 }).catch((e) => e)) as Error;
      expect(error.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(error.cause)
        .to.have.property('message')
        .which.matches(/Redis is a Cluster/);
      expect(queue.ledger()).to.deep.include({ pending: 2, rejected: {} });
      await queue.shutdown({ timeout: 100 });
    }
    await queue.close();
  });
});
