import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for a condition that other processes or sockets bring about.
 * @param ms the longest wait, in milliseconds.
 * @throws Error that shows the condition when it does not come to pass in time.
 */
export async function until(done: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  for (const end = performance.now() + ms; !(await done()); await sleep(10))
    if (performance.now() > end) throw new Error(`not met within ${ms} ms: ${done}`);
}
