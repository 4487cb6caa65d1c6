import { monotonic, nextTurn } from './real-timers.js';

/** Milliseconds of work before others have their turn. */
const SLICE_MS = 5;
/**
 * Steps of a generator's between two yields, which let `inSlices` look at the clock: a look costs
 * more than a short step.
 */
export const YIELD_EVERY = 32;

/**
 * A share of the event loop's time, for work that `inSlices` cannot do because it waits for other
 * things in between.
 */
export class TimeSlice {
  #end = monotonic() + SLICE_MS;

  /** It is used up: others should have their turn. */
  get isOver(): boolean {
    return monotonic() >= this.#end;
  }

  /** Gives others their turn, and begins the next slice. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#end = monotonic() + SLICE_MS;
  }
}

/**
 * Does something with each item in order, letting the event loop turn whenever a slice of a few
 * milliseconds is used up. Short work is done on return, with nothing to wait for. The work may lie
 * in `step`, or in the iteration itself.
 * @throws the error of `step` or the iteration; in a later slice the promise rejects with it.
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
