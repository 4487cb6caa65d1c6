import { sleep } from '../../timing/sleep.js';

/** Time between looks into an empty queue: quick at first, then four times a second. */
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 250;

/**
 * Looks until `fetch` has something. `undefined` from it means that the queue is empty, an empty
 * list that it held nothing of use. Looking beats a blocking pop here: the connection may be the
 * application's, an abort leaves nothing half taken, and one look is one script.
 */
export async function poll<T>(
  { signal, wait = true }: { signal: AbortSignal; wait?: boolean },
  fetch: () => Promise<readonly T[] | undefined>,
): Promise<readonly T[]> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const found = await fetch();
    if (found !== undefined && found.length > 0) return found;
    if (found !== undefined) continue;
    if (!wait) return [];
    await sleep(pause, { signal });
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
  // With `wait: false`, an abort must not look like an empty queue.
  if (!wait) signal.throwIfAborted();
  return [];
}
