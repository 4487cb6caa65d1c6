import type { Report } from '../report.js';
import type { Outcome } from '../writer.js';

/** What a batch became: the jobs that could be made, and an outcome for each report once those are enqueued. */
export interface Encoded<T> {
  readonly jobs: readonly T[];
  readonly outcomes: Outcome[];
  /** The place of each job's report in the batch. */
  readonly places: readonly number[];
}

/** Makes a job of each report by itself: one that cannot be encoded is rejected alone. */
export function encode<T>(reports: readonly Report[], jobOf: (report: Report) => T): Encoded<T> {
  const jobs: T[] = [];
  const places: number[] = [];
  const outcomes = reports.map((report, place): Outcome => {
    try {
      jobs.push(jobOf(report));
      places.push(place);
      return 'stored';
    } catch (error) {
      return { rejected: error instanceof Error ? error.message : 'cannot be encoded' };
    }
  });
  return { jobs, outcomes, places };
}
