import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { Worker } from '../../exporters/queues/index.js';
import { BAD_LARGE_REPORTS, each } from '../conformance/bad-jobs.js';
import { hasFields, hostileConformance } from '../conformance/hostile-jobs.js';
import { MemoryStore, type QueueUnderTest, queueConformance, someReports } from '../conformance/queue.js';
import { ownRedis } from './own-redis.js';

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
        alive: async () => (await queue.getWaitingCount()) >= 0 && (await connection.ping()) === 'PONG',
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
      return Promise.all(ids.map(async (id) => String(await redis.admin.hget(`bull:kaneda:${id}`, 'failedReason'))));
    },
    poison: async () => {
      const queue = new Queue('kaneda', { connection: redis.admin });
      queue.on('error', () => {});
      const { id } = await queue.add('report', {});
      await redis.admin.hset(`bull:kaneda:${id}`, 'data', '{"not JSON');
    },
    leftovers: async () =>
      (await redis.admin.keys('bull:*')).filter((key) => !/:(meta|events|marker|id|stalled-check|completed)$/.test(key)),
    clear: async () => void (await redis.admin.flushall()),
  });

  queueConformance(underTest);
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
            return { reason: String(kept.failedReason ?? ''), keeps: (fields) => hasFields(kept, fields) };
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
      'attempts and pauses that are none': bad({ opts: '{"attempts": "x", "backoff": {"type": "none of ours"}}' }),
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
      'options of 100 MB': () => job({ data: '{}', opts: JSON.stringify({ a: 'x'.repeat(100 * 1024 * 1024) }) }),
      'a thousand attempts': bad({ opts: '{"attempts": 1000, "backoff": {"type": "fixed", "delay": 100}}' }),
      'times that are none': bad({ timestamp: 'x', delay: 'y', priority: 'z' }),
      'a parent of another queue': bad({ parent: '{"id": "a", "queueKey": "bull:other"}', parentKey: 'bull:other:a' }),
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
      queue.accept([sent[i]!]);
      await queue.forceFlush({ timeout: 20_000 });
      await redis.admin.lpush('bull:kaneda:wait', id);
    }
    const backend = new MemoryStore();
    const worker = new Worker({ queue, backend });
    await worker.run({ once: true });
    await worker.close();
    expect(backend.reports.size).to.equal(sent.length);
    expect(Object.values(worker.ledger().refused).reduce((sum, count) => sum + count, 0)).to.equal(ids.length);
    expect(await redis.admin.zrange('bull:kaneda:failed', '0', '-1')).to.have.members(ids);
    expect(await redis.admin.llen('bull:kaneda:active')).to.equal(0);
    for (const id of ['starts', 'attempts'])
      expect(await redis.admin.hget(`bull:kaneda:${id}`, 'failedReason')).to.be.a('string');
  });
});
