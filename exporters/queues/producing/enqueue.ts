import type { Outcome } from '../../delivery/store.js';
import type { Report } from '../../reports/report.js';
import { nextTurn } from '../../timing/real-timers.js';

/**
 * Reports sent together: while the broker reads a portion the next is made, and in between others
 * have their turn.
 */
const PORTION_REPORTS = 100;

/** The steps by which one queue enqueues. */
export interface Enqueueing<T> {
  /** Makes the job of a report. What it throws is why that report is rejected, alone. */
  jobOf(report: Report): T;
  /**
   * Sends jobs. Called again before it has answered; its answer says whether each is enqueued,
   * nothing that all are.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a queue may answer nothing
  send(jobs: readonly T[]): Promise<void | readonly boolean[]>;
  /** After its abort no more is sent; the answers to what was are still waited for. */
  signal: AbortSignal;
}

/**
 * Enqueues reports in portions. The reports of a failed portion are `retry`: they may still be
 * enqueued, and have the same ids.
 * @throws the first error when all failed.
 */
export async function enqueue<T>(
  reports: readonly Report[],
  queue: Enqueueing<T>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const sent: Promise<unknown>[] = [];
  for (let from = 0; from < reports.length && !queue.signal.aborted; from += PORTION_REPORTS) {
    if (from > 0) await nextTurn();
    const jobs: T[] = [];
    const places: number[] = [];
    for (const report of reports.slice(from, from + PORTION_REPORTS)) {
      try {
        jobs.push(queue.jobOf(report));
        places.push(outcomes.push('retry') - 1);
      } catch (error) {
        outcomes.push({ rejected: error instanceof Error ? error.message : 'cannot be encoded' });
      }
    }
    if (jobs.length > 0) sent.push(recordAnswer(queue.send(jobs), places, outcomes));
  }
  const faults = await Promise.all(sent);
  queue.signal.throwIfAborted();
  if (faults.length > 0 && faults.every((fault) => fault !== undefined)) throw faults[0];
  return outcomes;
}

/** Writes down what was enqueued, and resolves with what went wrong. */
async function recordAnswer(
  answer: ReturnType<Enqueueing<unknown>['send']>,
  places: readonly number[],
  outcomes: Outcome[],
): Promise<unknown> {
  try {
    const enqueued = await answer;
    places.forEach((place, i) => {
      if (enqueued === undefined || enqueued[i]) outcomes[place] = 'stored';
    });
    return undefined;
  } catch (error) {
    return error ?? new Error('the queue failed');
  }
}
