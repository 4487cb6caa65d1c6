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
 * Asks Redis for the bytes that it takes of one argument, where one of the reports is large. It
 * cuts the connection over a longer one.
 * @returns Infinity where nothing is near the limit, or the account may not ask.
 */
export async function argumentLimit(redis: Redis, reports: readonly Report[]): Promise<number> {
  if (!reports.some((report) => sizeOf(report) >= ASKED_FROM_BYTES))
    return Number.POSITIVE_INFINITY;
  const answer = await redis.config('GET', 'proto-max-bulk-len').catch(() => []);
  return Number((answer as string[])[1]) || Number.POSITIVE_INFINITY;
}

/** @throws MessageError when a part of a job is longer than Redis takes. */
export function assertTaken(limit: number, ...parts: readonly (string | Buffer)[]): void {
  if (limit === Number.POSITIVE_INFINITY) return;
  if (parts.some((part) => Buffer.byteLength(part) > limit))
    throw new MessageError(`larger than the ${limit} bytes that Redis takes (proto-max-bulk-len)`);
}
