import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type ExporterOptions,
  newId,
  type Outcome,
  type Report,
  ReportExporter,
  type WriteContext,
} from '../../../exporters/index.js';
import { type Delivery, type ReportQueue, Worker } from '../../../exporters/queues/index.js';
import { sizeOf } from '../../../exporters/reports/estimated-size.js';
import type { Server } from '../../support/servers/server.js';

/** A queue on a real broker, as the suite needs it. Every call concerns one and the same queue. */
export interface QueueUnderTest {
  readonly server: Server;
  /** Another object for the queue, with a connection of its own. */
  queue(options?: ExporterOptions): ReportQueue;
  /** Another object for the queue, on a connection of the application's; `alive` says whether that still works. */
  onConnection(): Promise<{ queue: ReportQueue; alive(): Promise<boolean>; end(): Promise<void> }>;
  /** Another object that knows a wrong password, which is `wrong-secret`. */
  locked(): ReportQueue;
  /** Jobs that wait for a worker. */
  waiting(): Promise<number>;
  /** The reasons of the dead letters. */
  dead(): Promise<string[]>;
  /** Enqueues a job that is no report. */
  poison(): Promise<void>;
  /** Whatever of the broker's memory is still taken up by jobs that are done. */
  leftovers(): Promise<string[]>;
  /** Forgets all jobs, dead ones too. */
  clear(): Promise<void>;
}

/** A store that remembers, by id, what it was given; it can be told to fail. */
export class MemoryStore extends ReportExporter {
  readonly reports = new Map<string, Report>();
  writes = 0;
  mode: 'works' | 'down' | 'hangs' = 'works';
  refuses: (report: Report) => string | undefined = () => undefined;

  protected async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    this.writes++;
    if (this.mode === 'down') throw new Error('the store is down');
    if (this.mode === 'hangs')
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    return reports.map((report): Outcome => {
      const reason = this.refuses(report);
      if (reason !== undefined) return { rejected: reason };
      this.reports.set(report.id, report);
      return 'stored';
    });
  }
}

/** Reports of every kind. */
export function someReports(count: number, changes: Partial<Report> = {}): Report[] {
  return Array.from({ length: count }, (_, i): Report => {
    const common = {
      id: newId(),
      name: `queue.test.${i % 7}`,
      timestamp: new Date(1_790_000_000_000 + i),
      host: 'far-away',
    };
    if (i % 5 === 0)
      return {
        ...common,
        metric: 'timing',
        fields: { count: 2, sum: 3, mean: 1.5 },
        tags: { a: 'é', n: i },
        ...changes,
      };
    if (i % 5 === 1)
      return {
        ...common,
        metric: 'event',
        value: `text ${i} "quoted" 😀`,
        tags: ['x', 'y'],
        ...changes,
      };
    if (i % 5 === 2)
      return {
        ...common,
        metric: 'order',
        value: 2n ** 70n,
        unit: 'By',
        appName: 'app',
        ...changes,
      };
    return {
      ...common,
      metric: 'gauge',
      value: i / 4,
      startTimestamp: new Date(1_780_000_000_000),
      ...changes,
    };
  });
}

/** What every queue must do. `context` is asked in each test, when the hooks have run. */
export function queueConformance(context: () => QueueUnderTest): void {
  const open = new Set<{ close(): Promise<unknown> }>();
  const track = <T extends ReportQueue>(queue: T): T => {
    open.add({ close: () => queue.shutdown({ timeout: 2_000 }) });
    return queue;
  };
  const queueOf = (options?: ExporterOptions) => track(context().queue(options));
  const workerOf = (
    backend: MemoryStore,
    options: { concurrency?: number; batchSize?: number } = {},
  ) => {
    const worker = new Worker({ queue: context().queue(), backend, ...options });
    open.add({ close: () => worker.close({ timeout: 2_000 }) });
    return worker;
  };
  const enqueue = async (reports: readonly Report[]) => {
    const queue = queueOf();
    queue.accept(reports);
    await queue.forceFlush({ timeout: 20_000 });
    return queue;
  };
  const takeAll = async (queue: ReportQueue, count: number, refused?: (reason: string) => void) => {
    const taken: Delivery[] = [];
    const signal = AbortSignal.timeout(20_000);
    while (taken.length < count && !signal.aborted) {
      taken.push(
        ...(await queue.take({
          max: 100,
          hold: count,
          signal,
          ...(refused === undefined ? {} : { refused }),
        })),
      );
    }
    return taken;
  };
  const until = async (done: () => boolean | Promise<boolean>) => {
    for (const end = Date.now() + 20_000; !(await done()); await sleep(10))
      if (Date.now() > end) throw new Error('it does not come to pass');
  };
  const byId = (reports: Iterable<Report>) => [...reports].sort((a, b) => (a.id < b.id ? -1 : 1));

  beforeEach(() => context().clear());
  afterEach(async () => {
    await Promise.all([...open].map((one) => one.close()));
    open.clear();
  });

  it('brings reports to a worker whole: id, time, host, fields', async () => {
    const sent = someReports(250);
    await enqueue(sent);
    const taken = await takeAll(queueOf(), sent.length);
    expect(byId(taken.map(({ report }) => report))).to.deep.equal(byId(sent));
    await Promise.all(taken.map((delivery) => delivery.acknowledge()));
    expect(await context().waiting()).to.equal(0);
  });

  it('leaves nothing behind of what is done', async () => {
    await enqueue(someReports(50));
    const backend = new MemoryStore();
    const worker = workerOf(backend);
    await worker.run({ once: true });
    await worker.close();
    expect(backend.reports.size).to.equal(50);
    expect(await context().leftovers()).to.deep.equal([]);
  });

  it('delivers again what was given back', async () => {
    const [sent] = someReports(1);
    await enqueue([sent!]);
    const queue = queueOf();
    const [first] = await takeAll(queue, 1);
    await first!.retry('not now');
    const [second] = await takeAll(queue, 1);
    expect(second!.report).to.deep.equal(sent);
    await second!.acknowledge();
    await until(async () => (await context().waiting()) === 0);
  });

  it('gives back what a closed queue still held', async () => {
    await enqueue(someReports(20));
    const queue = queueOf();
    await takeAll(queue, 20);
    await queue.shutdown();
    expect(await takeAll(queueOf(), 20)).to.have.length(20);
  });

  it('puts what the store refuses to the dead letters, with the reason, and goes on', async () => {
    const sent = someReports(30);
    await enqueue(sent);
    const backend = new MemoryStore();
    backend.refuses = ({ id }) =>
      id === sent[3]!.id ? 'mapping conflict on field "x"' : undefined;
    const worker = workerOf(backend);
    await worker.run({ once: true });
    expect(backend.reports.size).to.equal(29);
    expect(await context().dead()).to.deep.equal(['mapping conflict on field "x"']);
    expect(worker.ledger()).to.deep.include({
      accepted: 30,
      stored: 29,
      pending: 0,
      rejected: { 'mapping conflict on field "x"': 1 },
    });
  });

  it('refuses a job that is no report, with the reason, and goes on', async () => {
    await context().poison();
    await enqueue(someReports(3));
    const backend = new MemoryStore();
    const worker = workerOf(backend);
    await worker.run({ once: true });
    expect(backend.reports.size).to.equal(3);
    const [reason, ...more] = await context().dead();
    expect(more).to.deep.equal([]);
    expect(reason).to.be.a('string').and.not.equal('');
    expect(worker.ledger()).to.deep.include({ accepted: 3, stored: 3, refused: { [reason!]: 1 } });
  });

  it('is shared by several workers, each report stored by one', async () => {
    const sent = someReports(2_000);
    await enqueue(sent);
    const stores = [new MemoryStore(), new MemoryStore(), new MemoryStore()];
    const workers = stores.map((store) => workerOf(store, { batchSize: 50, concurrency: 2 }));
    const runs = workers.map((worker) => worker.run());
    await until(
      () => workers.reduce((sum, worker) => sum + worker.ledger().stored, 0) >= sent.length,
    );
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all(runs);
    expect(stores.flatMap((store) => [...store.reports.keys()]).sort()).to.deep.equal(
      sent.map(({ id }) => id).sort(),
    );
    expect(await context().waiting()).to.equal(0);
  });

  it('keeps what the store does not take until it does', async () => {
    const sent = someReports(20);
    await enqueue(sent);
    const backend = new MemoryStore();
    backend.mode = 'down';
    const worker = workerOf(backend);
    const run = worker.run();
    await until(() => backend.writes >= 3 && worker.ledger().pending === 20);
    expect(worker.ledger()).to.deep.include({ stored: 0, accepted: 20, pending: 20 });
    expect(worker.fault?.message).to.equal('the store is down');
    backend.mode = 'works';
    await until(() => worker.ledger().stored === 20);
    await worker.close();
    await run;
    expect(await context().waiting()).to.equal(0);
  });

  it('ends within the deadline while the store hangs, the reports back in the queue', async () => {
    await enqueue(someReports(20));
    const backend = new MemoryStore();
    backend.mode = 'hangs';
    const worker = workerOf(backend);
    const run = worker.run();
    await until(() => worker.ledger().pending === 20);
    const start = Date.now();
    await worker.close({ timeout: 2_000 });
    await run;
    expect(Date.now() - start).to.be.below(3_000);
    await until(async () => (await context().waiting()) === 20);
  });

  it('stores what is in hand before it ends', async () => {
    await enqueue(someReports(20));
    const backend = new MemoryStore();
    backend.mode = 'down';
    const worker = workerOf(backend);
    const run = worker.run();
    await until(() => worker.ledger().pending === 20);
    backend.mode = 'works';
    await worker.close({ timeout: 5_000 });
    await run;
    expect(backend.reports.size).to.equal(20);
    expect(await context().waiting()).to.equal(0);
  });

  it('stores once what was enqueued twice', async () => {
    const sent = someReports(10);
    await enqueue(sent);
    await enqueue(sent);
    const backend = new MemoryStore();
    await workerOf(backend).run({ once: true });
    expect(backend.reports.size).to.equal(10);
  });

  it('uses a given connection as it is, and leaves it open', async () => {
    const { queue, alive, end } = await context().onConnection();
    try {
      queue.accept(someReports(5));
      await queue.forceFlush({ timeout: 10_000 });
      const taken = await takeAll(queue, 5);
      await Promise.all(taken.map((delivery) => delivery.acknowledge()));
      await queue.shutdown();
      expect(await alive()).to.equal(true);
    } finally {
      await end();
    }
    await until(async () => (await context().waiting()) === 0);
  });

  it('keeps reports while the broker is away, and brings all of them afterwards', async () => {
    const { server } = context();
    const queue = queueOf();
    queue.accept(someReports(10));
    await queue.forceFlush({ timeout: 10_000 });
    await server.kill();
    const sent = someReports(500);
    queue.accept(sent);
    const failure = await queue.forceFlush({ timeout: 300 }).catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'KANEDA_DEADLINE');
    expect(queue.ledger()).to.deep.include({ stored: 10, pending: 500, rejected: {}, dropped: {} });
    await server.start();
    await queue.forceFlush({ timeout: 30_000 });
    expect(queue.ledger()).to.deep.include({ stored: 510, pending: 0, rejected: {}, dropped: {} });
    await clearOf(await takeAll(queueOf(), 500));
  }).timeout(90_000);

  it('survives a broker that stays silent, without sending more and more', async () => {
    const { server } = context();
    const queue = queueOf({ writeTimeout: 1_000, outbox: { maxBytes: 500_000 } });
    queue.accept(someReports(1));
    await queue.forceFlush({ timeout: 10_000 });
    server.pause();
    try {
      for (let i = 0; i < 25; i++) {
        queue.accept(someReports(200));
        await sleep(100);
      }
      const { accepted, stored, pending, dropped } = queue.ledger();
      expect(dropped['outbox full']).to.be.above(0);
      expect(accepted).to.equal(
        stored + pending + Object.values(dropped).reduce((a, b) => a + b, 0),
      );
    } finally {
      server.resume();
    }
    await queue.forceFlush({ timeout: 30_000 });
    expect(queue.ledger().pending).to.equal(0);
  }).timeout(90_000);

  for (const how of ['killed', 'frozen'] as const) {
    it(`holds no more than its outbox may while the broker is ${how}, counts the rest, and brings what it holds`, async () => {
      const { server } = context();
      const maxBytes = 100_000;
      // What is being written makes no room: a batch must be far smaller than the outbox.
      const queue = queueOf({ writeTimeout: 1_000, outbox: { maxBytes }, batchSize: 50 });
      queue.accept(someReports(1));
      await queue.forceFlush({ timeout: 10_000 });
      const first = workerOf(new MemoryStore());
      await first.run({ once: true });
      await first.close();
      if (how === 'killed') await server.kill();
      else server.pause();
      const sent = someReports(1_000);
      const size = Math.min(...sent.map(sizeOf));
      try {
        for (let from = 0; from < sent.length; from += 100) {
          queue.accept(sent.slice(from, from + 100));
          await turn();
          expect(queue.ledger().pending * size).to.be.at.most(maxBytes);
        }
        await queue.forceFlush({ timeout: 1_500 }).catch(() => {});
      } finally {
        server.resume();
        await server.start();
      }
      await queue.forceFlush({ timeout: 30_000 });
      const { stored, dropped, ...rest } = queue.ledger();
      expect(rest).to.deep.include({ accepted: 1_001, pending: 0, rejected: {} });
      expect(dropped).to.deep.equal({ 'outbox full': 1_001 - stored });
      const backend = new MemoryStore();
      await workerOf(backend).run({ once: true });
      // The first one may come again: a broker that was killed may have forgotten that it was acknowledged.
      expect(sent.filter(({ id }) => backend.reports.has(id))).to.have.length(stored - 1);
      // The oldest made room.
      expect(backend.reports.get(sent.at(-1)!.id)).to.deep.equal(sent.at(-1));
    }).timeout(90_000);
  }

  it('waits for a broker that goes away under a worker, and goes on', async () => {
    const { server } = context();
    const backend = new MemoryStore();
    const worker = workerOf(backend);
    const run = worker.run();
    await enqueue(someReports(10));
    await until(() => backend.reports.size === 10);
    await server.kill();
    await until(() => worker.fault !== undefined);
    await server.start();
    await enqueue(someReports(10));
    await until(() => backend.reports.size === 20);
    await worker.close();
    await run;
  }).timeout(90_000);

  it('names wrong credentials as such, once, and shows no password', async () => {
    const queue = track(context().locked());
    queue.accept(someReports(2));
    const failure = (await queue
      .forceFlush({ timeout: 3_000 })
      .catch((error: unknown) => error)) as Error;
    expect(failure).to.have.property('code', 'KANEDA_DEADLINE');
    expect(failure.cause).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
    expect(queue.ledger()).to.deep.include({ pending: 2, rejected: {} });
    const shown = [failure, failure.cause]
      .map((error) => `${(error as Error).message} ${(error as Error).stack}`)
      .join();
    expect(shown).not.to.include('wrong-secret');
  });
}

async function clearOf(deliveries: readonly Delivery[]): Promise<void> {
  await Promise.all(deliveries.map((delivery) => delivery.acknowledge()));
}
