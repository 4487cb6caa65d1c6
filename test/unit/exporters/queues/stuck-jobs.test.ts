import { expect } from 'chai';
import {
  type Delivery,
  ReportQueue,
  type TakeContext,
  Worker,
} from '../../../../exporters/queues/index.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { untilAborted } from '../../../../exporters/timing/until-aborted.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { TestClock } from '../../../support/clock.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

/** A queue in memory. */
class ListQueue extends ReportQueue {
  readonly jobs: Report[];
  readonly acknowledged: string[] = [];
  readonly dead: string[] = [];
  #more: () => void = () => {};

  constructor(jobs: readonly Report[]) {
    super();
    this.jobs = [...jobs];
  }

  add(...jobs: Report[]): void {
    this.jobs.push(...jobs);
    this.#more();
  }

  protected override async write(): Promise<never> {
    throw new Error('nobody enqueues here');
  }

  override async take({ max, signal, wait = true }: TakeContext): Promise<readonly Delivery[]> {
    while (this.jobs.length === 0 && wait && !signal.aborted) {
      const more = new Promise<void>((resolve) => {
        this.#more = resolve;
      });
      await untilAborted(more, signal).catch(() => {});
    }
    return this.jobs.splice(0, max).map((report) => ({
      report,
      acknowledge: async () => void this.acknowledged.push(report.id),
      retry: async () => void this.jobs.unshift(report),
      reject: async (reason) => void this.dead.push(`${report.id} ${reason}`),
    }));
  }
}

/** A store that answers so to each batch with one of the bad reports in it. */
function failing(bad: ReadonlySet<string>, status: number | undefined) {
  const clock = new TestClock();
  const backend = new ScriptedExporter(undefined, {}, { clock });
  const { store } = backend;
  store.answer = async (reports) => {
    if (reports.some(({ id }) => bad.has(id)))
      throw Object.assign(new Error('the store failed'), status === undefined ? {} : { status });
    return store.keep(reports);
  };
  return { clock, backend, store };
}

describe('A worker with a job that its store keeps failing', () => {
  for (const status of [500, 418, undefined]) {
    for (const concurrency of [1, 3]) {
      it(`stores all others, before and after (${status ?? 'no'} status, ${concurrency} lanes)`, async () => {
        const jobs = plainReports(300);
        const bad = [jobs[0]!, jobs[57]!, jobs[158]!, jobs[299]!];
        const queue = new ListQueue(jobs);
        const { clock, backend, store } = failing(new Set(bad.map(({ id }) => id)), status);
        const worker = new Worker({ queue, backend, concurrency, batchSize: 100 }, clock);
        const running = worker.run();
        await clock.pass(600_000);
        expect(store.reports.size).to.equal(296);
        const later = plainReports(50);
        queue.add(...later);
        await clock.pass(60_000);
        expect(store.reports.size).to.equal(346);
        expect(queue.acknowledged).to.have.length(346);
        expect(worker.ledger()).to.include({ stored: 346, pending: 4 });
        const closing = worker.close();
        await clock.pass(10_000);
        await Promise.all([closing, running]);
        expect(queue.jobs.map(({ id }) => id)).to.have.members(bad.map(({ id }) => id));
      });
    }
  }

  it('refuses it after about an hour in which others were stored, with the reason', async () => {
    const [bad, ...jobs] = plainReports(20);
    const queue = new ListQueue([bad!, ...jobs]);
    const { clock, backend } = failing(new Set([bad!.id]), 500);
    const worker = new Worker({ queue, backend, concurrency: 2, batchSize: 10 }, clock);
    const running = worker.run();
    for (let minute = 0; minute < 180; minute++) {
      queue.add(...plainReports(1));
      await clock.pass(60_000);
    }
    expect(queue.dead).to.deep.equal([`${bad!.id} kept failing: the store failed`]);
    expect(worker.ledger()).to.deep.include({
      pending: 0,
      rejected: { 'kept failing: the store failed': 1 },
    });
    const closing = worker.close();
    await clock.pass(10_000);
    await Promise.all([closing, running]);
  });

  for (const timeout of [Number.NaN, -1, '5', null])
    it(`has the default time to store the others at a close with the timeout ${timeout}`, async () => {
      const jobs = plainReports(40);
      const queue = new ListQueue(jobs);
      const { clock, backend, store } = failing(new Set(), undefined);
      const { answer } = store;
      store.answer = async () => Promise.reject(new Error('the store is away'));
      const worker = new Worker({ queue, backend }, clock);
      const running = worker.run();
      await clock.pass(1_000);
      const closing = worker.close({ timeout: timeout as number });
      await clock.pass(500);
      store.answer = answer;
      await clock.pass(10_000);
      await Promise.all([closing, running]);
      expect(store.reports.size).to.equal(40);
      expect(queue.jobs).to.deep.equal([]);
    });

  it('gives it back when it works once', async () => {
    const jobs = plainReports(40);
    const queue = new ListQueue(jobs);
    const { clock, backend, store } = failing(new Set([jobs[3]!.id]), 500);
    const worker = new Worker({ queue, backend, concurrency: 2, batchSize: 20 }, clock);
    let ended = false;
    const running = worker.run({ once: true }).then(() => {
      ended = true;
    });
    await clock.pass(120_000);
    expect(ended).to.equal(true);
    await running;
    expect(store.reports.size).to.equal(39);
    expect(queue.jobs.map(({ id }) => id)).to.deep.equal([jobs[3]!.id]);
  });
});
