import { MAX_TIMER_MS } from './clock.js';

/**
 * A timeout as a caller gave it: a number of milliseconds from 0 on (`Infinity` too), else
 * `otherwise`.
 * @param options whatever a caller of JavaScript passes.
 */
export function timeoutOf(options: unknown, otherwise: number): number {
  try {
    const timeout = (options as { timeout?: unknown } | undefined)?.timeout;
    return typeof timeout === 'number' && timeout >= 0
      ? Math.min(timeout, MAX_TIMER_MS)
      : otherwise;
  } catch {
    return otherwise;
  }
}
