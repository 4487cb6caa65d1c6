import assert from 'node:assert/strict';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { Worker } from '../../../exporters/queues/index.js';
import type { Delivery, ReportQueue } from '../../../exporters/queues/report-queue.js';
import type { ExporterOptions } from '../../../exporters/report-exporter.js';
import type { Report } from '../../../exporters/reports/report.js';
import { monotonic } from '../../../exporters/timing/real-timers.js';
import { sleep } from '../../../exporters/timing/sleep.js';
import { InMemoryExporter } from '../in-memory-exporter.js';
import { idsOf } from './expectations.js';
import type { QueueHarness } from './queue-harness.js';

const CONDITION_TIMEOUT_MS = 20_000;
const CHECK_EVERY_MS = 10;
const CLOSE_TIMEOUT_MS = 2_000;

/** Sizes of a worker. */
export interface WorkerSizes {
  concurrency?: number;
  batchSize?: number;
}

/** The base of the queue's suite: queues and workers that are closed when the case ends. */
export class QueueSuite {
  readonly harness: QueueHarness;
  readonly #open = new Set<{ close(): Promise<unknown> }>();

  constructor(harness: QueueHarness) {
    this.harness = harness;
  }

  /** Another object for the queue. */
  queue(options?: ExporterOptions): ReportQueue {
    return this.closing(this.harness.queue(options));
  }

  /** Shuts the queue down when the case ends. */
  closing<Q extends ReportQueue>(queue: Q): Q {
    this.#open.add({ close: () => queue.shutdown({ timeout: CLOSE_TIMEOUT_MS }) });
    return queue;
  }

  /** A worker from the queue into a store in memory. */
  worker(backend = new InMemoryExporter(), sizes: WorkerSizes = {}): Worker {
    const worker = new Worker({ queue: this.harness.queue(), backend, ...sizes });
    this.#open.add({ close: () => worker.close({ timeout: CLOSE_TIMEOUT_MS }) });
    return worker;
  }

  /** Enqueues reports, and resolves when the broker has them. */
  async enqueue(reports: readonly Report[]): Promise<void> {
    const queue = this.queue();
    queue[INTERNALS].accept(reports);
    await queue.forceFlush({ timeout: CONDITION_TIMEOUT_MS });
  }

  /** Takes until `count` reports are in hand. */
  async takeAll(queue: ReportQueue, count: number): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    const signal = AbortSignal.timeout(CONDITION_TIMEOUT_MS);
    while (taken.length < count && !signal.aborted)
      taken.push(...(await queue.take({ max: 100, hold: count, signal })));
    return taken;
  }

  /** Takes until all of these are in hand; others may be among what it returns. */
  async takeThese(queue: ReportQueue, reports: readonly Report[]): Promise<Delivery[]> {
    const missing = new Set(idsOf(reports));
    const taken: Delivery[] = [];
    const signal = AbortSignal.timeout(CONDITION_TIMEOUT_MS);
    while (missing.size > 0 && !signal.aborted) {
      const more = await queue.take({ max: 100, hold: 2 * reports.length, signal });
      for (const { report } of more) missing.delete(report.id);
      taken.push(...more);
    }
    assert.equal(missing.size, 0, `the queue did not bring ${missing.size} of its reports`);
    return taken;
  }

  /** Waits until no job waits any more, or `count` do. */
  async untilWaiting(count: number): Promise<void> {
    await until(async () => (await this.harness.waiting()) === count, `${count} jobs wait`);
  }

  /** Closes what the case opened. */
  async end(): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((one) => one.close()));
  }
}

/** Waits for a condition. @throws AssertionError after 20 s. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const end = monotonic() + CONDITION_TIMEOUT_MS;
  while (!(await condition())) {
    assert.ok(monotonic() < end, `not met within ${CONDITION_TIMEOUT_MS / 1_000} s: ${what}`);
    await sleep(CHECK_EVERY_MS);
  }
}

/** The reports in the order of their ids. */
export const byId = (reports: Iterable<Report>): Report[] =>
  [...reports].sort((a, b) => (a.id < b.id ? -1 : 1));

/** Acknowledges all. */
export async function acknowledge(deliveries: readonly Delivery[]): Promise<void> {
  await Promise.all(deliveries.map((delivery) => delivery.acknowledge()));
}
