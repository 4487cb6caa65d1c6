import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds of work after which others have their turn, and how many steps are made between looks at the clock. */
const SLICE = 5;
const STEPS = 50;

/** Does something with each item in order, giving way to the event loop every few milliseconds. */
export async function inSlices<T>(
  items: readonly T[],
  step: (item: T, position: number) => void,
): Promise<void> {
  let end = performance.now() + SLICE;
  for (let position = 0; position < items.length; position++) {
    if (position % STEPS === STEPS - 1 && performance.now() > end) {
      await turn();
      end = performance.now() + SLICE;
    }
    step(items[position]!, position);
  }
}
