import type { Outcome } from '../../delivery/store.js';
import type { Report } from '../../reports/report.js';
import type { Delivery, TakeContext } from '../report-queue.js';

/** The common face of Celery's two brokers. */
export interface Transport {
  /** Gives up when `signal` aborts. */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Asks the broker, without writing or declaring anything, whether it would take reports.
   * @returns remarks for the operator.
   */
  probe(signal: AbortSignal): Promise<readonly string[]>;
  /** Enqueues reports until `signal` aborts. Rejects when nothing can be said of any. */
  write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]>;
  take(context: TakeContext): Promise<readonly Delivery[]>;
  /** Facts of the queue on the broker that an operator should know. */
  remarks(): Promise<readonly string[]>;
  /** Gives back what is held, and lets go of connections of ours. */
  close(): Promise<void>;
}
