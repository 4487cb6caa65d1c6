import type { Redis } from 'ioredis';
import { sizeOf } from '../../reports/estimated-size.js';
import type { Report } from '../../reports/report.js';
import { MessageError } from '../errors.js';

/**
 * Reports below it are never too large: Redis cannot be set to take less than 1 MiB, and a job has
 * at most eight bytes for one of a report.
 */
const ASKED_FROM_BYTES = 131_072;

/**
 * Makes jobs that Redis takes: it cuts the connection over an argument that is too long. Redis is
 * asked for its limit where one of the reports is large.
 * @param partsOf a job's arguments
 * @returns `jobOf`, which throws a MessageError for a job of which a part is longer than Redis
 * takes; unchanged where nothing is near the limit, or the account may not ask for it.
 */
export async function withinLimit<Job>(
  redis: Redis,
  reports: readonly Report[],
  jobOf: (report: Report) => Job,
  partsOf: (job: Job) => readonly (string | Buffer)[],
): Promise<(report: Report) => Job> {
  const limit = await argumentLimit(redis, reports);
  if (limit === Number.POSITIVE_INFINITY) return jobOf;
  return (report) => {
    const job = jobOf(report);
    if (partsOf(job).some((part) => Buffer.byteLength(part) > limit))
      throw new MessageError(
        `larger than the ${limit} bytes that Redis takes (proto-max-bulk-len)`,
      );
    return job;
  };
}

/** The bytes that Redis takes of one argument; Infinity where that does not matter or is secret. */
async function argumentLimit(redis: Redis, reports: readonly Report[]): Promise<number> {
  if (!reports.some((report) => sizeOf(report) >= ASKED_FROM_BYTES))
    return Number.POSITIVE_INFINITY;
  const answer = await redis.config('GET', 'proto-max-bulk-len').catch(() => []);
  return Number((answer as string[])[1]) || Number.POSITIVE_INFINITY;
}
