/**
 * Milliseconds: the first pause, the longest, the longest while somebody waits, and that after a
 * configuration fault.
 */
const FIRST = 100;
const LONGEST = 30_000;
const WAITED_FOR = 1_000;
const CONFIGURATION = 60_000;

/** The facts that decide a pause. */
export interface Failure {
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** The store is not set up right: nothing changes within seconds. */
  readonly configuration: boolean;
  /** A flush or close is waiting. */
  readonly waitedFor: boolean;
}

/**
 * Returns the pause before a batch is tried again. It doubles each time, and is jittered between
 * half and all of it, so that many processes do not come back at once.
 */
export function pauseAfter(
  { failures, configuration, waitedFor }: Failure,
  random: number,
): number {
  const grown = configuration
    ? CONFIGURATION
    : Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 20));
  return Math.min(grown, waitedFor ? WAITED_FOR : grown) * (0.5 + random / 2);
}
