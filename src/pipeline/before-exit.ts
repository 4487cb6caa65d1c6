import { setImmediate } from '../../exporters/timing/real-timers.js';

const leaving = new Set<() => void>();
let ending = false;

/** Calls back whenever the process has nothing left to do: the last moment at which something can be awaited. One listener for all. */
export function atExit(flush: () => void): void {
  if (leaving.size === 0) process.on('beforeExit', tell);
  leaving.add(flush);
  // Another listener may be at work, after ours: one more turn of the event loop, and ours is asked again.
  if (ending) setImmediate(() => undefined);
}

/** Does not call back any more. */
export function notAtExit(flush: () => void): void {
  if (leaving.delete(flush) && leaving.size === 0) process.off('beforeExit', tell);
}

function tell(): void {
  ending = true;
  for (const flush of leaving) flush();
}
