/** A timer that was set. */
export interface Timer {
  cancel(): void;
}

/** Time and chance, so that tests can have their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to 1. */
  random(): number;
  /** Calls back after `ms` milliseconds. Only a timer that somebody waits for keeps the process alive. */
  after(ms: number, callback: () => void, options: { keepAlive: boolean }): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  after(ms, callback, { keepAlive }) {
    const timer = setTimeout(callback, ms);
    if (!keepAlive) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Runs something with a signal that is aborted with `outer`, or after `ms` milliseconds. `AbortSignal.any` over an `AbortSignal.timeout`
 * would do if Node kept the timeout alive: nothing else refers to it, so a garbage collection takes it and it never comes.
 * Source: https://github.com/nodejs/node/issues/57736
 */
export async function limited<T>(
  outer: AbortSignal,
  ms: number,
  run: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer.reason);
  const late = (): void =>
    controller.abort(new DOMException(`not done within ${ms} ms`, 'TimeoutError'));
  const timer = clock.after(ms, late, { keepAlive: false });
  outer.addEventListener('abort', follow, { once: true });
  if (outer.aborted) follow();
  try {
    return await run(controller.signal);
  } finally {
    timer.cancel();
    outer.removeEventListener('abort', follow);
  }
}
