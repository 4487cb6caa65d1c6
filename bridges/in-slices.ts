/** Milliseconds of work before others have their turn. */
const SLICE_MS = 4;

/** Steps between two moments at which a generator of steps lets `inSlices` look at the time. */
export const YIELD_EVERY = 32;

/**
 * Runs `steps` to their end, letting the event loop turn whenever a slice of a few milliseconds is used up. Short work is done at once,
 * with nothing returned to wait for.
 */
export function inSlices(steps: Generator<unknown, void, void>): Promise<void> | undefined {
  return slice(steps) ? undefined : rest(steps);
}

async function rest(steps: Generator<unknown, void, void>): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve));
  while (!slice(steps));
}

/** Whether the work is done. */
function slice(steps: Generator<unknown, void, void>): boolean {
  const end = performance.now() + SLICE_MS;
  do if (steps.next().done) return true;
  while (performance.now() < end);
  return false;
}
