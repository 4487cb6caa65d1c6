import type { Clock } from '../timing/clock.js';
import type { Delivery } from './delivery-loop.js';
import type { Intake } from './intake.js';
import type { Outbox } from './outbox/outbox.js';

/** What has to be empty for a flush. */
export interface Closing {
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly delivery: Delivery;
  readonly clock: Clock;
}

/** With everything safe on disk a flush still gives the store so many milliseconds, for what is flushed is often looked for there. */
const GRACE = 2_000;

/**
 * Waits until everything recorded so far is stored, or is safe on disk and the store does not take it. `false` when the time is over first.
 * @param timeout milliseconds.
 */
export async function drain(
  { intake, outbox, delivery, clock }: Closing,
  timeout: number,
): Promise<boolean> {
  const over = deadline(clock, timeout);
  try {
    const ready = Promise.all([intake.idle(), outbox.ready()]);
    if ((await Promise.race([ready, over.passed])) === 'passed') return false;
    const drained = delivery.drained();
    const grace = deadline(clock, GRACE);
    let safe = false;
    const stored = drained.done.then(() => {
      safe = true;
    });
    // The store has shown that it does not take what is on disk.
    const spooled = outbox.spooled()?.then((saved) => {
      safe = saved;
      return saved ? Promise.race([drained.failed, grace.passed]) : over.passed;
    });
    try {
      await Promise.race([stored, spooled ?? over.passed, over.passed]);
      return safe;
    } finally {
      grace.cancel();
      drained.cancel();
    }
  } finally {
    over.cancel();
  }
}

/** Resolves after so many milliseconds, unless it is cancelled. */
export function deadline(
  clock: Clock,
  ms: number,
): { readonly passed: Promise<'passed'>; cancel(): void } {
  let cancel: () => void = () => {};
  const passed = new Promise<'passed'>((resolve) => {
    // Whoever waits must not see the program end before the answer.
    const timer = clock.after(ms, () => resolve('passed'), { keepAlive: true });
    cancel = () => timer.cancel();
  });
  return { passed, cancel };
}
