import { randomUUID } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { BAD_ARGUMENTS, BAD_LARGE_REPORTS, each } from '../conformance/suites/bad-jobs.js';
import { hasFields, hostileConformance } from '../conformance/suites/hostile-jobs.js';
import { type PeerUnderTest, pythonConformance } from '../conformance/suites/python-queue.js';
import { type QueueUnderTest, queueConformance } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';
import { type Python, python } from '../support/servers/python.js';
import { startRedis } from '../support/servers/redis.js';
import { orSkip, requireServer, type Server } from '../support/servers/server.js';
import { golden } from '../unit/exporters/queues/golden.js';

describe('RQQueue on a real Redis', () => {
  const redis = ownRedis({ durable: true, password: 'secret' });

  const underTest = (): QueueUnderTest => ({
    server: redis.server,
    queue: (options) => new RQQueue({ ...options, redisUrl: redis.url }),
    onConnection: async () => {
      const connection = new Redis(redis.url);
      return {
        queue: new RQQueue({ connection }),
        alive: async () => (await connection.ping()) === 'PONG',
        end: async () => connection.disconnect(),
      };
    },
    locked: () => new RQQueue({ redisUrl: redis.as('wrong-secret') }),
    waiting: () => redis.admin.llen('rq:queue:kaneda'),
    dead: async () => {
      const ids = await redis.admin.zrange('rq:failed:kaneda', '0', '-1');
      return Promise.all(
        ids.map(async (id) => String(await redis.admin.hget(`rq:job:${id}`, 'exc_info'))),
      );
    },
    poison: async () => {
      await redis.admin.hset('rq:job:bad', { data: 'no job', origin: 'kaneda' });
      await redis.admin.rpush('rq:queue:kaneda', 'bad');
    },
    leftovers: async () => (await redis.admin.keys('*')).filter((key) => key !== 'rq:queues'),
    clear: async () => void (await redis.admin.flushall()),
  });

  queueConformance(underTest);
});

for (const serializer of ['pickle', 'json'] as const) {
  describe(`RQQueue and Python's RQ (${serializer})`, () => {
    let server: Server;
    let peer: Python;
    let underTest: PeerUnderTest;

    before(async function () {
      server = await requireServer(this, startRedis, { own: true });
      peer = await orSkip(this, python);
      underTest = {
        python: peer,
        expression: `RQQueue(redis_url='${server.url}', queue_name='kaneda')`,
        queue: () => new RQQueue({ redisUrl: server.url, serializer }),
        worker: () => peer.rqWorker(server.url, serializer === 'json' ? { serializer } : {}),
      };
    });

    after(async () => {
      await server?.stop();
    });

    pythonConformance(() => underTest);

    it('shows its dead letters to RQ, which can requeue them', async () => {
      const admin = new Redis(server.url);
      await admin.hset('rq:job:bad', {
        data: 'no job',
        origin: 'kaneda',
        description: 'bad',
        timeout: '180',
      });
      await admin.rpush('rq:queue:kaneda', 'bad');
      const queue = underTest.queue();
      expect(
        await queue.take({ max: 1, signal: AbortSignal.timeout(5_000), wait: false }),
      ).to.deep.equal([]);
      await queue.shutdown();
      const source = `
import sys
from redis import Redis
from rq import Queue
from rq.job import Job
connection = Redis.from_url(sys.argv[1])
queue = Queue('kaneda', connection=connection)
job = Job.fetch('bad', connection=connection)
print(queue.failed_job_registry.get_job_ids(), job.get_status(), job.latest_result().exc_string)
queue.failed_job_registry.requeue('bad')
print(queue.job_ids)
`;
      const [shown, requeued] = (await peer.run(source, { args: [server.url] })).split('\n');
      expect(shown).to.match(/^\['bad'\] .*failed not JSON$/i);
      expect(requeued).to.equal("['bad']");
      await admin.flushall();
      admin.disconnect();
    });
  });
}

describe('RQQueue with hostile jobs', () => {
  const redis = ownRedis();

  type Job = Readonly<Record<string, Buffer | string>>;
  const task = 'kaneda.tasks.rq.report';
  const call = (...parts: unknown[]): Job => ({ data: JSON.stringify(parts) });
  const pickles = Object.entries(golden.pickles.evil).flatMap(([name, protocols]) =>
    Object.entries(protocols).map(([protocol, base64]) => [
      `${name}, pickled by protocol ${protocol}`,
      () => ({ data: deflateSync(Buffer.from(base64, 'base64')) }),
    ]),
  );
  hostileConformance<Job>(
    () => ({
      queue: () => new RQQueue({ redisUrl: redis.url }),
      put: async (job) => {
        const id = randomUUID();
        await redis.admin.hset(`rq:job:${id}`, { ...job, origin: 'kaneda' });
        await redis.admin.rpush('rq:queue:kaneda', id);
      },
      dead: async () => {
        const ids = await redis.admin.zrange('rq:failed:kaneda', '0', '-1');
        return Promise.all(
          ids.map(async (id) => {
            const { exc_info: reason, ...kept } = await redis.admin.hgetallBuffer(`rq:job:${id}`);
            return { reason: String(reason), keeps: (job) => hasFields(kept, job) };
          }),
        );
      },
      clear: async () => void (await redis.admin.flushall()),
    }),
    {
      ...Object.fromEntries(pickles),
      ...each(BAD_ARGUMENTS, 'in JSON', (text) => ({ data: `["${task}", null, ${text}, {}]` })),
      ...each(BAD_LARGE_REPORTS, 'as kaneda_report', (report) => ({
        data: `["${task}", null, ["hits", "gauge", 1, null, null], {}]`,
        kaneda_report: report,
      })),
      'an unknown task': () => call('os.system', null, ['true'], {}),
      'keyword arguments': () => call(task, null, ['hits', 'gauge', 1, null, null], { id_: 'x' }),
      'a method of an object': () => call(task, 'self', ['hits', 'gauge', 1, null, null], {}),
      'a zip bomb': () => ({ data: deflateSync(Buffer.alloc(200 * 1024 * 1024, 0x20)) }),
      '100 MB': () => ({ data: Buffer.alloc(100 * 1024 * 1024, 0x20) }),
      'random bytes': () => ({ data: Buffer.from([1, 2, 3]) }),
      'no data': () => ({ description: 'x' }),
    },
  );

  it('is done with where its id is empty, and does not come again', async () => {
    await redis.admin.hset('rq:job:', 'data', 'no job');
    await redis.admin.rpush('rq:queue:kaneda', '');
    const queue = new RQQueue({ redisUrl: redis.url });
    const { signal } = new AbortController();
    const take = () => queue.take({ max: 1, wait: false, signal });
    expect([...(await take()), ...(await take())]).to.deep.equal([]);
    await queue.shutdown();
    expect(await redis.admin.llen('rq:queue:kaneda')).to.equal(0);
    expect(await redis.admin.zrange('rq:failed:kaneda', '0', '-1')).to.deep.equal(['']);
  });

  it('is among the dead letters where its id is not UTF-8, and does not come again', async () => {
    const id = Buffer.from([0xff, 0x61]);
    await redis.admin.hset(Buffer.concat([Buffer.from('rq:job:'), id]), 'data', 'no job');
    await redis.admin.rpush('rq:queue:kaneda', id);
    const queue = new RQQueue({ redisUrl: redis.url });
    const refused: string[] = [];
    const take = () =>
      queue.take({
        max: 1,
        wait: false,
        signal: AbortSignal.timeout(5_000),
        refused: (reason) => refused.push(reason),
      });
    expect([...(await take()), ...(await take())]).to.deep.equal([]);
    expect(refused).to.deep.equal(['not JSON']);
    expect(await redis.admin.zrangeBuffer('rq:failed:kaneda', '0', '-1')).to.deep.equal([id]);
    await queue.shutdown();
  });
});
