import type { Job } from 'bullmq';
import type { Report } from '../../reports/report.js';

/** A job as our script takes it. */
export type Row = readonly [id: Buffer, name: Buffer, data: Buffer];

/** A job in hand. */
export interface Held {
  readonly id: string;
  /** The token that locks the job. */
  readonly token: string;
  /** @throws MessageError when the job holds none. */
  report(): Report;
  complete(): Promise<void>;
  /** As BullMQ has it, for whatever else may become of it. */
  job(): Job;
}
