import { monotonic, setImmediate } from './real-timers.js';

/** Something that has work left when the process has nothing else to do. */
export interface Leaver {
  /**
   * Finishes what was begun, within `timeout` milliseconds. Must not reject. `undefined`: there was
   * nothing to do.
   */
  flush(timeout: number): Promise<unknown> | undefined;
  /** Finishes within `timeout` milliseconds; it is not called again. */
  end(timeout: number): void;
}

/** Time that leavers may take in all, so that the program ends. */
const EXIT_TIMEOUT_MS = 2_000;
/**
 * The number of times in a row that the process may find something to flush at its end. A program
 * that records at each `beforeExit`, or at each write, would run for ever.
 */
const MAX_ROUNDS = 10;
/** A process that ran for this long between two `beforeExit` events had work of its own. */
const WENT_ON_MS = 10_000;

const leavers = new Set<Leaver>();
let isEnding = false;
let rounds = 0;
let spentMs = 0;
let quietSince = Number.NEGATIVE_INFINITY;

/**
 * Calls `leaver` whenever the process has nothing left to do: the last moment at which something
 * can be awaited. One listener for all.
 */
export function flushBeforeExit(leaver: Leaver): void {
  const isFirst = leavers.size === 0;
  if (isFirst) process.on('beforeExit', flushAll);
  leavers.add(leaver);
  // Another listener may be at work at the end, and ours not be called any more: with one more turn
  // of the event loop it is.
  if (isFirst || isEnding) setImmediate(() => undefined);
}

/** Does not call `leaver` any more. */
export function forgetBeforeExit(leaver: Leaver): void {
  if (leavers.delete(leaver) && leavers.size === 0) process.off('beforeExit', flushAll);
}

function flushAll(): void {
  isEnding = true;
  const begun = monotonic();
  if (begun - quietSince > WENT_ON_MS) {
    rounds = 0;
    spentMs = 0;
  }
  const left = Math.max(0, EXIT_TIMEOUT_MS - spentMs);
  if (rounds >= MAX_ROUNDS || left === 0) {
    for (const leaver of leavers) leaver.end(left);
    return;
  }
  const flushing = [...leavers].map((leaver) => leaver.flush(left)).filter((work) => work);
  if (flushing.length === 0) return;
  rounds += 1;
  void Promise.all(flushing).then(() => {
    quietSince = monotonic();
    spentMs += quietSince - begun;
  });
}
