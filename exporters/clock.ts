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
