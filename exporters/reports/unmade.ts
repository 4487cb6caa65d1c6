import type { Report, Steps } from './report.js';

/** A conversion that can leave reports unmade. */
export interface RunSteps extends Steps {
  /**
   * Takes up to `max` data points as reports that are made later; nothing where `step` must be
   * called.
   */
  run?(most: number): Unmade | undefined;
}

/** Reports that are made when they are taken out of an outbox. */
export interface Unmade {
  /** The number of reports, as far as it is known without making them. */
  readonly count: number;
  /** About how many bytes they take. */
  readonly bytes: number;
  /** Makes the reports, always the same ones. `rejected` is told why one cannot be made. */
  make(rejected: (reason: string) => void): Report[];
}
