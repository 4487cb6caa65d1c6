const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
/** The longest pause while a flush or close is awaited. */
const WAITED_FOR_PAUSE_MS = 1_000;
/** The pause after a configuration fault. */
const CONFIGURATION_PAUSE_MS = 60_000;

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
 * Returns the milliseconds before a batch is tried again. It doubles each time, and is jittered
 * between half and all of it, so that many processes do not come back at once.
 */
export function pauseAfter(
  { failures, configuration, waitedFor }: Failure,
  random: number,
): number {
  const grown = configuration
    ? CONFIGURATION_PAUSE_MS
    : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  return Math.min(grown, waitedFor ? WAITED_FOR_PAUSE_MS : grown) * (0.5 + random / 2);
}
