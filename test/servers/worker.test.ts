import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import type { ReportQueue } from '../../exporters/queues/index.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { someReports } from '../conformance/suites/queue.js';
import { temporaryFolder } from '../support/servers/process.js';
import { startRedis } from '../support/servers/redis.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { WorkerProgram } from '../support/servers/worker-program.js';
import { until } from '../support/until.js';

describe('kaneda worker', () => {
  let server: Server;
  let file: string;
  let env: NodeJS.ProcessEnv;
  const started: WorkerProgram[] = [];
  const run = (extra: NodeJS.ProcessEnv = {}, ...args: string[]) => {
    const worker = new WorkerProgram({ ...env, ...extra }, args);
    started.push(worker);
    return worker;
  };
  const lines = async () =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const enqueue = async (queue: ReportQueue, count: number) => {
    queue[INTERNALS].accept(someReports(count));
    await queue.forceFlush({ timeout: 30_000 });
    await queue.shutdown();
  };

  before(async function () {
    server = await requireServer(this, startRedis, {
      own: true,
      durable: true,
      password: 'top-secret',
    });
  });

  beforeEach(() => {
    file = join(temporaryFolder('stored'), 'reports');
    const url = server.url.replace('//', '//:top-secret@');
    env = {
      KANEDA_QUEUE: 'rq',
      KANEDA_RQ_REDIS_URL: url,
      KANEDA_BACKEND: 'logger',
      KANEDA_LOGGER_FILENAME: file,
    };
  });

  afterEach(async () => {
    for (const worker of started) worker.kill('SIGKILL');
    await Promise.all(started.splice(0).map((worker) => worker.end()));
  });

  after(async () => {
    await server?.stop();
  });

  it('stores what waits and ends with 0, given --once', async () => {
    await enqueue(new RQQueue({ redisUrl: env.KANEDA_RQ_REDIS_URL! }), 250);
    const worker = run({}, '--once', '--batch-size', '100', '--concurrency', '2');
    expect(await worker.end()).to.equal(0);
    expect(worker.said.at(-1)).to.include({
      state: 'ended',
      stored: 250,
      inHand: 0,
      rejected: 0,
      refused: 0,
    });
    expect(await lines()).to.have.length(250);
  }).timeout(120_000);

  it('ends with 0 on SIGTERM, with everything stored', async () => {
    const worker = run();
    await enqueue(new RQQueue({ redisUrl: env.KANEDA_RQ_REDIS_URL! }), 50);
    await until(async () => (await lines()).length === 50);
    worker.kill('SIGTERM');
    expect(await worker.end()).to.equal(0);
  }).timeout(120_000);

  it('ends with 1 without QUEUE or BACKEND, naming the setting', async () => {
    const worker = run({ KANEDA_QUEUE: '', KANEDA_BACKEND: '' }, '--once');
    expect(await worker.end()).to.equal(1);
    expect(worker.output).to.include('QUEUE').and.to.include('BACKEND');
  }).timeout(120_000);

  it('waits for a broker that is away, says so, and shows no password', async () => {
    await server.stop();
    const worker = run({}, '--once');
    await until(() => worker.said.some(({ waiting }) => waiting !== undefined));
    expect(worker.said.at(-1)?.waiting).to.include('ECONNREFUSED');
    await server.start();
    expect(await worker.end()).to.equal(0);
    expect(worker.output).not.to.include('top-secret');
  }).timeout(120_000);

  it('is ready while the broker answers, live always, and counts what it stored', async () => {
    const worker = run({}, '--health-port', '0');
    await until(() => /http:\S+(?=\/live)/.test(worker.output));
    const [address] = /http:\S+(?=\/live)/.exec(worker.output)!;
    const answer = async (path: string) => {
      const response = await fetch(`${address}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    await enqueue(new RQQueue({ redisUrl: env.KANEDA_RQ_REDIS_URL! }), 20);
    await until(async () =>
      /^kaneda_worker_reports_stored_total 20$/m.test(await answer('/metrics')),
    );
    expect(await answer('/ready')).to.equal('200 ready\n');
    await server.kill();
    await until(async () => (await answer('/ready')).startsWith('503 waiting: '));
    expect(await answer('/ready')).not.to.include('top-secret');
    expect(await answer('/live')).to.equal('200 live\n');
    await server.start();
    await until(async () => (await answer('/ready')) === '200 ready\n');
    worker.kill('SIGTERM');
    expect(await worker.end()).to.equal(0);
  }).timeout(120_000);

  const queues: Record<string, (url: string) => { queue: ReportQueue; env: NodeJS.ProcessEnv }> = {
    bullmq: (redisUrl) => ({
      queue: new BullMQQueue({ redisUrl }),
      env: { KANEDA_QUEUE: 'bullmq', KANEDA_BULLMQ_REDIS_URL: redisUrl },
    }),
    rq: (redisUrl) => ({ queue: new RQQueue({ redisUrl }), env: {} }),
    celery: (broker) => ({
      queue: new CeleryQueue({ broker }),
      env: { KANEDA_QUEUE: 'celery', KANEDA_CELERY_BROKER: broker },
    }),
  };
  for (const [name, make] of Object.entries(queues)) {
    it(`has its reports stored within a minute by another one when it is killed (${name})`, async () => {
      const { queue, env: settings } = make(env.KANEDA_RQ_REDIS_URL!);
      // A store that cannot be reached: the reports stay in its hands.
      const held = run({
        ...settings,
        KANEDA_BACKEND: 'mongodb',
        KANEDA_MONGO_CONNECTION_URL: 'mongodb://127.0.0.1:1/',
      });
      await enqueue(queue, 30);
      await until(() => held.said.some(({ inHand }) => inHand === 30));
      held.kill('SIGKILL');
      const worker = run(settings);
      await until(() => worker.said.length > 0, 60_000);
      // From when both are so: the one is killed, the other works.
      await until(async () => (await lines()).length === 30, 65_000);
      worker.kill('SIGTERM');
      expect(await worker.end()).to.equal(0);
    }).timeout(200_000);
  }
});
