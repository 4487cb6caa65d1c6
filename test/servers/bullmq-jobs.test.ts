import { once } from 'node:events';
import { FlowProducer, Job, Queue, QueueEvents } from 'bullmq';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import type { Delivery } from '../../exporters/queues/index.js';
import { someReports } from '../conformance/suites/queue.js';
import { ownRedis } from '../support/servers/own-redis.js';

describe("BullMQQueue beside BullMQ's own clients", () => {
  const redis = ownRedis();
  let theirs: Queue;
  let ours: BullMQQueue;

  beforeEach(async () => {
    await redis.admin.flushall();
    theirs = new Queue('kaneda', { connection: redis.admin });
    ours = new BullMQQueue({ redisUrl: redis.url });
  });

  afterEach(async () => {
    await ours.shutdown();
    await theirs.close();
  });

  const take = (): Promise<readonly Delivery[]> =>
    ours.take({ max: 100, signal: new AbortController().signal, wait: false });
  const names = (deliveries: readonly Delivery[]) => deliveries.map(({ report }) => report.name);
  const acknowledge = (deliveries: readonly Delivery[]) =>
    Promise.all(deliveries.map((delivery) => delivery.acknowledge()));
  const enqueue = async (count: number) => {
    ours[INTERNALS].accept(someReports(count));
    await ours.forceFlush();
  };
  const data = (name: string) => JSON.parse(JSON.stringify({ ...someReports(1)[0], name }));

  it('takes plain jobs and jobs of other kinds alike', async () => {
    await theirs.add('report', data('early'));
    await enqueue(3);
    await theirs.add('report', data('important'), { priority: 1, removeOnComplete: true });
    await theirs.add('report', data('late'), { delay: 1, removeOnComplete: true });
    await theirs.add('report', data('counted'), { removeOnComplete: 10 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const taken: Delivery[] = [];
    for (let more = await take(); more.length > 0; more = await take()) taken.push(...more);
    expect(names(taken))
      .to.have.length(7)
      .and.include.members(['early', 'important', 'late', 'counted']);
    expect(await theirs.getActiveCount()).to.equal(7);
    await acknowledge(taken);
    expect(await theirs.getJobCounts('active', 'waiting', 'completed')).to.include({
      active: 0,
      waiting: 0,
      completed: 0,
    });
  });

  for (const [how, more] of Object.entries({ plain: {}, 'of a flow': { parentKey: 'bull:x:1' } }))
    it(`puts a job ${how} whose id is not UTF-8 to the failed ones, once`, async () => {
      const id = Buffer.from([0xff, 0x61]);
      const key = Buffer.concat([Buffer.from('bull:kaneda:'), id]);
      const job = { name: 'report', data: JSON.stringify(data('odd')), timestamp: '1', opts: '{}' };
      await redis.admin.hset(key, { ...job, ...more });
      await redis.admin.lpush('bull:kaneda:wait', id);
      await theirs.add('report', data('next'));
      const taken = [...(await take()), ...(await take())];
      expect(names(taken)).to.deep.equal(['next']);
      await acknowledge(taken);
      expect(await redis.admin.zrangeBuffer('bull:kaneda:failed', '0', '-1')).to.deep.equal([id]);
      expect(await redis.admin.hget(key, 'failedReason')).to.include('not UTF-8');
      expect(await theirs.getActiveCount()).to.equal(0);
    });

  it('takes nothing of a queue that is paused, until it is resumed', async () => {
    await enqueue(3);
    await theirs.pause();
    expect(await take()).to.deep.equal([]);
    await theirs.resume();
    await acknowledge(await take());
    expect(await theirs.getWaitingCount()).to.equal(0);
  });

  it('keeps to the concurrency that a queue is given', async () => {
    await enqueue(5);
    await theirs.setGlobalConcurrency(2);
    const taken = await take();
    expect(taken).to.have.length(2);
    await acknowledge(taken);
    expect(await theirs.getWaitingCount()).to.equal(3);
  });

  it("lets a flow's parent go on once its report is stored", async () => {
    const flows = new FlowProducer({ connection: redis.admin });
    const child = {
      name: 'report',
      queueName: 'kaneda',
      data: data('child'),
      opts: { removeOnComplete: true },
    };
    const { job } = await flows.add({ name: 'parent', queueName: 'others', children: [child] });
    expect(await job.getState()).to.equal('waiting-children');
    await acknowledge(await take());
    expect(await job.getState()).to.equal('waiting');
    await flows.close();
  });

  it('says in events what becomes of a job', async () => {
    const events = new QueueEvents('kaneda', { connection: { url: redis.url } });
    await events.waitUntilReady();
    const [active, completed] = [once(events, 'active'), once(events, 'completed')];
    await enqueue(1);
    const taken = await take();
    await acknowledge(taken);
    const id = taken[0]!.report.id;
    expect((await active)[0]).to.deep.include({ jobId: id, prev: 'waiting' });
    expect((await completed)[0]).to.deep.include({ jobId: id, prev: 'active' });
    await events.close();
  });

  it('gives a plain job back as BullMQ would, and fails it with its options', async () => {
    await enqueue(2);
    const [first, second] = await take();
    await first!.retry('not now');
    await second!.reject('not ever');
    expect(await theirs.getJobCounts('waiting', 'active', 'failed')).to.include({
      waiting: 1,
      active: 0,
      failed: 1,
    });
    const failed = await Job.fromId(theirs, second!.report.id);
    expect(failed!.failedReason).to.equal('not ever');
    expect(failed!.opts.removeOnFail).to.have.keys('age', 'count');
    expect(names(await take())).to.deep.equal([first!.report.name]);
  });

  it('does not take back a job that another worker has by now', async () => {
    await enqueue(2);
    const taken = await take();
    await redis.admin.set(`bull:kaneda:${taken[0]!.report.id}:lock`, 'another worker');
    const results = await Promise.allSettled(taken.map((delivery) => delivery.acknowledge()));
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(await theirs.getActiveCount()).to.equal(1);
    expect(await redis.admin.exists(`bull:kaneda:${taken[0]!.report.id}`)).to.equal(1);
  });

  it('holds the locks of what is in hand for as long as it lasts', async () => {
    await enqueue(1);
    const [delivery] = await take();
    const lock = `bull:kaneda:${delivery!.report.id}:lock`;
    await redis.admin.pexpire(lock, 15_000);
    while ((await redis.admin.pttl(lock)) < 16_000) {
      expect(await redis.admin.exists(lock)).to.equal(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await delivery!.acknowledge();
    expect(await redis.admin.exists(lock)).to.equal(0);
  });
});
