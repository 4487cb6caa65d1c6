import { monotonic, nextTurn } from './cells/system/real-timers.js';

export { YIELD_EVERY } from './cells/series/yield-every.js';

/** Milliseconds of work before others have their turn. */
const SLICE_MS = 5;

/**
 * Does something with each item in order, letting the event loop turn whenever a slice of a few
 * milliseconds is used up. Short work is done on return, with nothing to wait for. The work may lie
 * in `step`, or in the iteration itself.
 * @throws what `step` or the iteration throws; in a later slice the promise rejects with it.
 */
export function inSlices<T>(
  items: Iterable<T>,
  step: (item: T, position: number) => void = () => undefined,
): Promise<void> | undefined {
  const iterator = items[Symbol.iterator]();
  let position = 0;
  /** `true` when all is done. */
  const slice = (): boolean => {
    const end = monotonic() + SLICE_MS;
    do {
      const { done, value } = iterator.next();
      if (done) return true;
      step(value, position++);
    } while (monotonic() < end);
    return false;
  };
  return slice() ? undefined : rest(slice);
}

async function rest(slice: () => boolean): Promise<void> {
  do await nextTurn();
  while (!slice());
}
