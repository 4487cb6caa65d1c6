import { ImproperlyConfiguredError } from '../errors.js';
import { ReportExporter } from '../report-exporter.js';
import type { Report } from '../reports/report.js';

/**
 * A report that a worker took from a queue. One of the three methods ends it; until then the queue
 * keeps it for the worker.
 */
export interface Delivery {
  /** The report that the job holds. */
  readonly report: Report;
  /**
   * The report is stored: the queue may forget it. Rejects when the queue could not be told; the
   * report then comes again, with the same id.
   */
  acknowledge(): Promise<void>;
  /** Gives it back, for this or another worker. */
  retry(reason: string): Promise<void>;
  /** The store rejects it: it goes to the queue's dead letters, with the reason. */
  reject(reason: string): Promise<void>;
}

/** The request of a worker to a queue. */
export interface TakeContext {
  /** Reports at most. */
  readonly max: number;
  /**
   * Ends the wait: the answer is what was taken by then, or nothing. With `wait: false` the take
   * rejects if the queue could not be checked in time.
   */
  readonly signal: AbortSignal;
  /**
   * False: answer at once with what is there, an empty list when the queue is drained. Default
   * true.
   */
  readonly wait?: boolean;
  /**
   * The number of reports that the worker holds at a time, all its takes together. Default `max`.
   */
  readonly hold?: number;
  /** Receives the reason of each job that was not a report and went to the dead letters. */
  refused?(reason: string): void;
}

/**
 * A queue is an exporter whose `write` enqueues, so that batches, deadlines, retries, the outbox
 * and the ledger are those of every store. Your own queue implements `write` and `take`.
 *
 * `take` may be called again before an earlier call has been answered, by one worker or by several.
 * It rejects when the queue cannot be reached: the worker waits and tries again. It rejects, also
 * where it waits already, once the queue is shut down. A report is delivered at least once, always
 * with the same id.
 */
export abstract class ReportQueue extends ReportExporter {
  protected override pages(): never {
    throw new ImproperlyConfiguredError(
      'a queue holds only what still waits to be stored: read the store that its worker writes to',
    );
  }

  /** Waits for at least one report, unless the context says otherwise. */
  abstract take(context: TakeContext): Promise<readonly Delivery[]>;
}
