import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

/*
 * Node's own timers, taken when the package is loaded. The fake timers of a test replace the
 * globals, and some of them the exports of `node:timers` too: deliveries and deadlines must keep
 * running under them. Test environments of browsers lack some globals.
 */

/** `setTimeout` of Node, whatever the global one is. */
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
/** `clearTimeout` of Node, whatever the global one is. */
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
/** `setInterval` of Node, whatever the global one is. */
export const setInterval: typeof timers.setInterval = timers.setInterval;
/** `clearInterval` of Node, whatever the global one is. */
export const clearInterval: typeof timers.clearInterval = timers.clearInterval;
/** `setImmediate` of Node, whatever the global one is. */
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;

/** Milliseconds of a clock that only runs forward, whatever becomes of the time of day. */
export const monotonic: () => number = performance.now.bind(performance);

/** Resolves in the next turn of the event loop. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
