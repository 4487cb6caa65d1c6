import { expect } from 'chai';
import { ReportQueue, Worker } from '../../exporters/queues/index.js';
import type { Delivery } from '../../exporters/queues/report-queue.js';
import { ReportExporter } from '../../exporters/report-exporter.js';
import type { Report } from '../../exporters/reports/report.js';
import { settled, TestClock } from '../support/clock.js';

/** A queue that knows nothing of an end: it waits for a report until the signal says otherwise. */
class Waiting extends ReportQueue {
  readonly jobs: Report[] = [];

  protected async write(reports: readonly Report[]): Promise<void> {
    this.jobs.push(...reports);
  }

  async take({ max, signal }: { max: number; signal: AbortSignal }): Promise<readonly Delivery[]> {
    if (this.jobs.length === 0 && !signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    const done = async (): Promise<void> => {};
    return this.jobs
      .splice(0, max)
      .map((report) => ({ report, acknowledge: done, retry: done, reject: done }));
  }
}

/** A queue that never waits. `answer` is what it has to say when it is empty. */
class Hasty extends ReportQueue {
  takes = 0;

  constructor(readonly answer: unknown) {
    super();
  }

  protected async write(): Promise<void> {}

  async take(): Promise<readonly Delivery[]> {
    this.takes += 1;
    return this.answer as readonly Delivery[];
  }
}

class Store extends ReportExporter {
  readonly names: string[] = [];

  protected async write(reports: readonly Report[]): Promise<void> {
    this.names.push(...reports.map(({ name }) => name));
  }
}

describe("a worker on a queue of somebody's own", () => {
  it('that runs once ends when the queue only waits', async () => {
    const clock = new TestClock();
    const [queue, backend] = [new Waiting(), new Store()];
    queue.jobs.push({
      id: '1',
      name: 'paid',
      metric: 'event',
      value: 'x',
      timestamp: new Date(0),
      host: 'h',
    });
    const worker = new Worker({ queue, backend }, clock);
    let ended = false;
    const run = worker.run({ once: true }).then(() => {
      ended = true;
    });
    await settled();
    expect(backend.names).to.deep.equal(['paid']);
    expect(ended).to.equal(false);
    await clock.pass(20_000);
    expect(ended).to.equal(true);
    await run;
    expect(clock.timers.size).to.equal(0);
    await worker.close();
  });

  for (const [what, answer] of [
    ['nothing instead of waiting', []],
    ['no list at all', undefined],
  ] as const) {
    it(`leaves others their turn when the queue answers with ${what}`, async () => {
      const clock = new TestClock();
      const queue = new Hasty(answer);
      const worker = new Worker({ queue, backend: new Store(), concurrency: 1 }, clock);
      const run = worker.run();
      await settled();
      expect(queue.takes).to.equal(1);
      await clock.pass(60_000);
      expect(queue.takes).to.be.above(1);
      await Promise.all([worker.close(), run, clock.pass(5_000)]);
    });
  }
});
