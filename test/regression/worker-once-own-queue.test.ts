import { expect } from 'chai';
import { ReportQueue, Worker } from '../../exporters/queues/index.js';
import type { Delivery } from '../../exporters/queues/report-queue.js';
import type { Report } from '../../exporters/report.js';
import { ReportExporter } from '../../exporters/report-exporter.js';
import { settled, TestClock } from '../unit/delivery/clock.js';

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
    return this.jobs.splice(0, max).map((report) => ({ report, acknowledge: done, retry: done, reject: done }));
  }
}

class Store extends ReportExporter {
  readonly names: string[] = [];

  protected async write(reports: readonly Report[]): Promise<void> {
    this.names.push(...reports.map(({ name }) => name));
  }
}

describe('a worker that runs once', () => {
  it("ends when a queue of somebody's own only waits", async () => {
    const clock = new TestClock();
    const [queue, backend] = [new Waiting(), new Store()];
    queue.jobs.push({ id: '1', name: 'paid', metric: 'event', value: 'x', timestamp: new Date(0), host: 'h' });
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
});
