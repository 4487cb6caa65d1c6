import { clearTimeout, monotonic, setTimeout } from './real-timers.js';

/** A timer that was set. */
export interface Timer {
  /** Takes the timer back; nothing if it has run. */
  cancel(): void;
}

/** Time and chance, so that tests can have their own. */
export interface Clock {
  /**
   * The time of day, in milliseconds since 1970: for timestamps. It may be set back or forward at
   * any moment.
   */
  now(): number;
  /** Milliseconds that only grow: for durations, pauses and deadlines. */
  monotonic(): number;
  /** From 0 up to 1. */
  random(): number;
  /**
   * Calls back after `ms` milliseconds. Only a timer with `keepAlive` keeps the process running.
   */
  after(ms: number, callback: () => void, options: { keepAlive: boolean }): Timer;
}

/** The longest time that a timer of Node can wait; with more it would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The computer's time, and Node's timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic,
  random: () => Math.random(),
  after(ms, callback, { keepAlive }) {
    const timer = setTimeout(callback, Math.max(0, Math.min(ms, MAX_TIMER_MS)));
    if (!keepAlive) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
