import { type Clock, systemClock } from './clock.js';
import { sleep } from './sleep.js';

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  clock?: Clock;
  /** Makes the reason of the abort when the time is over; without it a `TimeoutError`. */
  late?: () => unknown;
}

/**
 * Runs something with a signal that is aborted with any of `outer`, or after `ms` milliseconds. The
 * promise settles when `run` does: a `run` that might ignore the abort must use `untilAborted`.
 *
 * `AbortSignal.any` over an `AbortSignal.timeout` would do if Node kept the timeout alive: nothing
 * else refers to it, so a garbage collection takes it and it never comes. Source:
 * https://github.com/nodejs/node/issues/57736
 * @throws the error of `run`.
 */
export async function withTimeout<T>(
  ms: number,
  outer: AbortSignal | readonly AbortSignal[],
  run: (signal: AbortSignal) => Promise<T>,
  { clock = systemClock, late = () => timeoutError(ms) }: TimeoutOptions = {},
): Promise<T> {
  const controller = new AbortController();
  const signals = [outer].flat();
  const follow = (): void => controller.abort(signals.find(({ aborted }) => aborted)?.reason);
  const timer = clock.after(ms, () => controller.abort(late()), { keepAlive: false });
  for (const signal of signals) signal.addEventListener('abort', follow, { once: true });
  if (signals.some(({ aborted }) => aborted)) follow();
  try {
    return await run(controller.signal);
  } finally {
    timer.cancel();
    for (const signal of signals) signal.removeEventListener('abort', follow);
  }
}

/**
 * Waits for work, at most `ms` milliseconds, and keeps the program running meanwhile. Resolves with
 * `true` if the work has settled by then, fulfilled or rejected. Never rejects.
 */
export async function settlesWithin(
  ms: number,
  work: Promise<unknown>,
  clock: Clock = systemClock,
): Promise<boolean> {
  const over = new AbortController();
  const done = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([done, sleep(ms, { clock, signal: over.signal }).then(() => false)]);
  } finally {
    // Without a reason Node would make an error with a stack.
    over.abort(SETTLED);
  }
}

const SETTLED = 'settled';

const timeoutError = (ms: number): DOMException =>
  new DOMException(`not done within ${ms} ms`, 'TimeoutError');
