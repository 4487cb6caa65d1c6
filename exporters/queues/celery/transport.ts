import type { Outcome } from '../../delivery/batch-writer.js';
import type { Report } from '../../reports/report.js';
import type { Delivery, TakeContext } from '../report-queue.js';

/** What Celery's two brokers have in common for us. */
export interface Transport {
  /** Gives up when `signal` aborts. */
  connect(signal: AbortSignal): Promise<void>;
  /** Enqueues reports until `signal` aborts. Rejects when nothing can be said of any. */
  write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]>;
  take(context: TakeContext): Promise<readonly Delivery[]>;
  /** Gives back what is held, and lets go of connections of ours. */
  close(): Promise<void>;
}
