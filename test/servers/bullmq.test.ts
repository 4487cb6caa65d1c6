import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { Report } from '../../exporters/index.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { Worker } from '../../exporters/queues/index.js';
import { InMemoryExporter } from '../../src/testing/in-memory-exporter.js';
import { BAD_LARGE_REPORTS, each } from '../conformance/suites/bad-jobs.js';
import { hasFields, hostileConformance } from '../conformance/suites/hostile-jobs.js';
import { type QueueUnderTest, queueConformance, someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';

describe('BullMQQueue on a real Redis', () => {
  const redis = ownRedis({ durable: true, password: 'secret' });

  const underTest = (): QueueUnderTest => ({
    server: redis.server,
    queue: (options) => new BullMQQueue({ ...options, redisUrl: redis.url }),
    onConnection: async () => {
      const connection = new Redis(redis.url);
      const queue = new Queue('kaneda', { connection });
      return {
        queue: new BullMQQueue({ queue }),
        alive: async () =>
          (await queue.getWaitingCount()) >= 0 && (await connection.ping()) === 'PONG',
        end: async () => {
          await queue.close();
          connection.disconnect();
        },
      };
    },
    locked: () => new BullMQQueue({ redisUrl: redis.as('wrong-secret') }),
    waiting: () => redis.admin.llen('bull:kaneda:wait'),
    dead: async () => {
      const ids = await redis.admin.zrange('bull:kaneda:failed', '0', '-1');
      return Promise.all(
        ids.map(async (id) => String(await redis.admin.hget(`bull:kaneda:${id}`, 'failedReason'))),
      );
    },
    poison: async () => {
      const queue = new Queue('kaneda', { connection: redis.admin });
      queue.on('error', () => {});
      const { id } = await queue.add('report', {});
      await redis.admin.hset(`bull:kaneda:${id}`, 'data', '{"not JSON');
    },
    leftovers: async () =>
      (await redis.admin.keys('bull:*')).filter(
        (key) => !/:(meta|events|marker|id|stalled-check|completed)$/.test(key),
      ),
    clear: async () => void (await redis.admin.flushall()),
  });

  queueConformance(underTest);
});

describe('BullMQQueue and the jobs of a worker that died', () => {
  const redis = ownRedis();
  const take = (queue: BullMQQueue, max: number) =>
    queue.take({ max, wait: false, signal: AbortSignal.timeout(10_000) });

  beforeEach(async () => void (await redis.admin.flushall()));

  /** A queue that has taken all of `sent`, and whose locks of the first `expired` are gone. */
  async function dyingWith(sent: readonly Report[], expired: number): Promise<BullMQQueue> {
    const queue = new BullMQQueue({ redisUrl: redis.url });
    queue[INTERNALS].accept(sent);
    await queue.forceFlush({ timeout: 10_000 });
    const dying = new BullMQQueue({ redisUrl: redis.url });
    expect(await take(dying, sent.length)).to.have.length(sent.length);
    await queue.shutdown();
    for (const { id } of sent.slice(0, expired))
      expect(await redis.admin.del(`bull:kaneda:${id}:lock`)).to.equal(1);
    return dying;
  }

  it('stores them at once, each once, before it says that the queue is drained', async () => {
    const sent = someReports(200);
    const dying = await dyingWith(sent, 150);
    const [stores, counts] = [
      [new InMemoryExporter(), new InMemoryExporter()],
      [0, 0],
    ];
    const workers = stores.map(
      (backend) =>
        new Worker({ queue: new BullMQQueue({ redisUrl: redis.url }), backend, batchSize: 20 }),
    );
    await Promise.all(workers.map((worker) => worker.run({ once: true })));
    for (const [i, worker] of workers.entries()) counts[i] = worker.ledger().stored;
    await Promise.all(workers.map((worker) => worker.close()));
    expect(counts[0]! + counts[1]!).to.equal(150);
    const stored = stores.flatMap((store) => store.reports.map(({ id }) => id));
    expect(stored.sort()).to.deep.equal(
      sent
        .slice(0, 150)
        .map(({ id }) => id)
        .sort(),
    );
    // What is still locked stays with whoever has it.
    expect(await redis.admin.llen('bull:kaneda:active')).to.equal(50);
    expect(await redis.admin.llen('bull:kaneda:wait')).to.equal(0);
    const events = (await redis.admin.xrange('bull:kaneda:events', '-', '+')).map(
      ([, fields]) => fields,
    );
    expect(events.filter((fields) => fields.includes('stalled'))).to.have.length(150);
    await dying.shutdown({ timeout: 2_000 });
  });

  it('leaves them where they are while the queue is paused, and what has stalled too often to BullMQ', async () => {
    const [first, second] = someReports(2);
    const dying = await dyingWith([first!, second!], 2);
    await redis.admin.hset(`bull:kaneda:${first!.id}`, 'stc', 100);
    await redis.admin.hset('bull:kaneda:meta', 'paused', 1);
    const queue = new BullMQQueue({ redisUrl: redis.url });
    expect(await take(queue, 10)).to.deep.equal([]);
    await redis.admin.hdel('bull:kaneda:meta', 'paused');
    expect((await take(queue, 10)).map(({ report }) => report.id)).to.deep.equal([second!.id]);
    expect(await redis.admin.hget(`bull:kaneda:${second!.id}`, 'stc')).to.equal('1');
    await queue.shutdown();
    await dying.shutdown({ timeout: 2_000 });
  });

  it('does not take from itself what it has in hand', async () => {
    const dying = await dyingWith(someReports(3), 3);
    expect(await take(dying, 10)).to.deep.equal([]);
    await dying.shutdown({ timeout: 2_000 });
  });
});

describe('BullMQQueue with hostile jobs', () => {
  const redis = ownRedis();

  /** The fields of a job's hash. BullMQ's own part is healthy unless a kind says otherwise. */
  type Job = Readonly<Record<string, Buffer | string>>;
  const job = (fields: Job): Job => ({
    name: 'report',
    opts: '{}',
    timestamp: '1790000000000',
    delay: '0',
    priority: '0',
    ...fields,
  });
  const bad = (fields: Job) => () => job({ data: '{}', ...fields });
  const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  hostileConformance<Job>(
    () => ({
      queue: () => new BullMQQueue({ redisUrl: redis.url }),
      put: async (fields) => {
        const id = randomUUID();
        if (Object.keys(fields).length > 0) await redis.admin.hset(`bull:kaneda:${id}`, fields);
        await redis.admin.lpush('bull:kaneda:wait', id);
      },
      dead: async () => {
        const ids = await redis.admin.zrange('bull:kaneda:failed', '0', '-1');
        return Promise.all(
          ids.map(async (id) => {
            const kept = await redis.admin.hgetallBuffer(`bull:kaneda:${id}`);
            return {
              reason: String(kept.failedReason ?? ''),
              keeps: (fields) => hasFields(kept, fields),
            };
          }),
        );
      },
      clear: async () => void (await redis.admin.flushall()),
    }),
    {
      ...each(BAD_LARGE_REPORTS, 'as data', (data) => job({ data })),
      'no data': () => job({}),
      '100 MB': () => job({ data: Buffer.alloc(100 * 1024 * 1024, 0x20) }),
      'random bytes': bad({ data: Buffer.from([0xff, 0, 1]) }),
      'an unknown name': bad({ name: 'os.system' }),
      'an empty name': bad({ name: '' }),
      'a name of 1 MB': () => job({ name: 'x'.repeat(1024 * 1024), data: '{}' }),
      'no name': () => ({ data: '{}' }),
      'a hash that is gone': () => ({}),
      'options that are no JSON': bad({ opts: '{"not JSON' }),
      'options that are null': bad({ opts: 'null' }),
      'attempts and pauses that are none': bad({
        opts: '{"attempts": "x", "backoff": {"type": "none of ours"}}',
      }),
      'options that forget it': bad({ opts: '{"removeOnFail": true}' }),
      'options that keep null': bad({ opts: '{"removeOnComplete":true,"removeOnFail":null}' }),
      'options that keep texts': bad({ opts: '{"removeOnFail": {"count": "x", "age": "y"}}' }),
      'a parent that is no JSON': bad({ parent: '{"not JSON' }),
      'a parent that is no key': bad({ parentKey: 'x' }),
      'a progress that is no JSON': bad({ progress: '{"not JSON' }),
      'a repetition': bad({ rjk: 'a' }),
      'a repetition of the old kind': bad({ rjk: 'a:b:c:d:e' }),
      "another job's id": bad({ id: 'another' }),
      'options that are a number': bad({ opts: '5' }),
      'options of 50,000 levels': bad({ opts: `{"a": ${nested}}` }),
      'options of 100 MB': () =>
        job({ data: '{}', opts: JSON.stringify({ a: 'x'.repeat(100 * 1024 * 1024) }) }),
      'a thousand attempts': bad({
        opts: '{"attempts": 1000, "backoff": {"type": "fixed", "delay": 100}}',
      }),
      'times that are none': bad({ timestamp: 'x', delay: 'y', priority: 'z' }),
      'a parent of another queue': bad({
        parent: '{"id": "a", "queueKey": "bull:other"}',
        parentKey: 'bull:other:a',
      }),
    },
  );

  it('sets a job aside whose counts are no numbers, or whose key is no hash', async () => {
    const hash = job({ data: '{}', opts: '{"removeOnComplete":true}' });
    await redis.admin.hset('bull:kaneda:starts', { ...hash, ats: 'x' });
    await redis.admin.hset('bull:kaneda:attempts', { ...hash, atm: 'x' });
    await redis.admin.set('bull:kaneda:text', 'x');
    await redis.admin.rpush('bull:kaneda:list', 'x');
    const ids = ['starts', 'attempts', 'text', 'list'];
    const queue = new BullMQQueue({ redisUrl: redis.url });
    const sent = someReports(ids.length);
    for (const [i, id] of ids.entries()) {
      queue[INTERNALS].accept([sent[i]!]);
      await queue.forceFlush({ timeout: 20_000 });
      await redis.admin.lpush('bull:kaneda:wait', id);
    }
    const backend = new InMemoryExporter();
    const worker = new Worker({ queue, backend });
    await worker.run({ once: true });
    await worker.close();
    expect(backend.reports.length).to.equal(sent.length);
    expect(Object.values(worker.ledger().refused).reduce((sum, count) => sum + count, 0)).to.equal(
      ids.length,
    );
    expect(await redis.admin.zrange('bull:kaneda:failed', '0', '-1')).to.have.members(ids);
    expect(await redis.admin.llen('bull:kaneda:active')).to.equal(0);
    for (const id of ['starts', 'attempts'])
      expect(await redis.admin.hget(`bull:kaneda:${id}`, 'failedReason')).to.be.a('string');
  });
});
