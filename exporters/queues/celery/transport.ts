import type { Outcome } from '../../writer.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import type { Message } from './message.js';

/** What Celery's two brokers have in common for us. */
export interface Transport {
  connect(): Promise<void>;
  /** What became of each message. Rejects when nothing can be said of any. */
  send(messages: readonly Message[], signal: AbortSignal): Promise<readonly Outcome[]>;
  take(context: TakeContext): Promise<readonly Delivery[]>;
  /** Gives back what is held, and lets go of connections of ours. */
  close(): Promise<void>;
}
