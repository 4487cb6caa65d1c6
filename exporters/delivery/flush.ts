import type { Clock } from '../timing/clock.js';
import { sleep } from '../timing/sleep.js';
import type { Callers } from './callers.js';
import type { Delivery } from './delivery-loop.js';
import type { Intake } from './intake.js';
import type { Outbox } from './outbox/outbox.js';
import type { FlushWait } from './waiters.js';

/** The parts that a flush works with. */
export interface FlushParts {
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly loop: Delivery;
  readonly clock: Clock;
}

/**
 * With everything safe on disk a flush still gives the store some time, for what is flushed is
 * often looked for there.
 */
const GRACE_MS = 2_000;

/**
 * Waits until everything recorded so far is stored, or is safe on disk and the store does not take
 * it. `false` when the time is over first.
 * @param timeout milliseconds.
 */
export async function flushParts(
  { intake, outbox, loop, clock }: FlushParts,
  timeout: number,
): Promise<boolean> {
  const ending = new AbortController();
  const { signal } = ending;
  // The program must not end before the waiting caller has its answer.
  const over = sleep(timeout, { clock, signal }).then(() => OVER);
  let drained: FlushWait | undefined;
  try {
    const ready = Promise.all([intake.idle(), outbox.ready()]);
    if ((await Promise.race([ready, over])) === OVER) return false;
    drained = loop.drained();
    const { failed } = drained;
    let safe = false;
    const stored = drained.done.then(() => {
      safe = true;
    });
    // The store has shown that it does not take what is on disk.
    const spooled = outbox.spooled()?.then((saved): Promise<unknown> => {
      safe ||= saved;
      return saved ? Promise.race([failed, sleep(GRACE_MS, { clock, signal })]) : over;
    });
    await Promise.race([stored, spooled ?? over, over]);
    return safe;
  } finally {
    drained?.cancel();
    ending.abort();
  }
}

const OVER = 'over';

/**
 * Flushes repeatedly until no call brought more in the meantime: readers and processors that share
 * an exporter end at the same time, each with its last interval. Gives up when the time is over.
 * @param timeout milliseconds.
 * @returns false if something is not stored.
 */
export async function flushToTheLast(
  parts: FlushParts & { readonly callers: Callers },
  timeout: number,
): Promise<boolean> {
  const { callers } = parts;
  const end = parts.clock.monotonic() + timeout;
  const left = (): number => Math.max(0, end - parts.clock.monotonic());
  let before: number;
  do {
    before = callers.calls;
    if (!(await flushParts(parts, left()))) return false;
    if (callers.calls === before) await callers.quiet(left());
  } while (callers.calls !== before && left() > 0);
  return true;
}
