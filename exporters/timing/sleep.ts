import { type Clock, systemClock } from './clock.js';

/** Options of {@link sleep}. */
export interface SleepOptions {
  clock?: Clock;
  /** Ends the sleep early. */
  signal?: AbortSignal | undefined;
  /** The program does not end meanwhile. Default true. */
  keepAlive?: boolean;
}

/** Resolves after `ms` milliseconds, or when `signal` aborts. Never rejects. */
export function sleep(
  ms: number,
  { clock = systemClock, signal, keepAlive = true }: SleepOptions = {},
): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end, { keepAlive });
    signal?.addEventListener('abort', end, { once: true });
  });
}
