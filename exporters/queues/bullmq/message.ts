import type { BulkJobOptions } from 'bullmq';
import type { Report } from '../../reports/report.js';
import { MessageError } from '../errors.js';
import { checkTask, decodeWholeReport, encodeWholeReport } from '../jobs/kaneda-call.js';

/** The name of every job of ours. */
export const JOB_NAME = 'report';
/**
 * Seconds that a failed job is kept, and how many at most: BullMQ keeps all of them for ever unless
 * told otherwise.
 */
const FAILED = { age: 7 * 24 * 60 * 60, count: 10_000 };
/** The rules for jobs that are done, whatever their own options say. */
export const KEEP = { removeOnComplete: true, removeOnFail: FAILED };

/** A job as `addBulk` takes it. */
export interface Job {
  name: string;
  data: object;
  opts: BulkJobOptions;
}

/** A default of the application's Queue that would let all reports but one vanish. */
const OVERRULED = { deduplication: undefined } as object;

/**
 * A report as a job. Where BullMQ can have the report's id as the job's, the same report waits at
 * most once.
 * @param sizeLimit bytes, of the Queue's own default: BullMQ refuses all jobs that are added
 * together for one that is larger. 0 stands for no limit.
 * @throws MessageError for a report that is larger.
 */
export function jobOf(report: Report, sizeLimit = 0): Job {
  const opts: BulkJobOptions = { ...KEEP, ...OVERRULED };
  if (isJobId(report.id)) opts.jobId = report.id;
  const data = encodeWholeReport(report);
  if (sizeLimit && Buffer.byteLength(JSON.stringify(data)) > sizeLimit)
    throw new MessageError(`larger than the queue's sizeLimit of ${sizeLimit} bytes`);
  return { name: JOB_NAME, data, opts };
}

/** BullMQ refuses whole numbers, which are its own ids, and colons, which part its keys. */
function isJobId(id: string): boolean {
  return /^[\w-]{1,128}$/.test(id) && !/^\d+$/.test(id);
}

/** @throws MessageError when the job is not one of ours. */
export function readJob(name: unknown, data: unknown): Report {
  checkTask(name, JOB_NAME);
  return decodeWholeReport(data);
}
