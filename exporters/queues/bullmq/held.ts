import type { Job } from 'bullmq';
import type { Report } from '../../reports/report.js';
import type { MessageError } from '../errors.js';
import { readJson } from '../jobs/python-json.js';
import { readJob } from './message.js';

/** A job in hand. */
export interface Held {
  readonly id: string;
  /** The token that locks the job. */
  readonly token: string;
  readonly name: string;
  /** The data as JSON, of a job that our script took. */
  readonly data?: string;
  /** Of a job that BullMQ gave. */
  readonly job?: Job;
  /** The reason for which its data cannot be read. */
  readonly fault?: MessageError | undefined;
}

/**
 * The report of a job.
 * @throws MessageError when the job holds none.
 */
export function reportOf({ name, data, job, fault }: Held): Report {
  if (fault !== undefined) throw fault;
  return readJob(name, data === undefined ? job?.data : readJson(data));
}
