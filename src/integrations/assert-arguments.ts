import { assertKnown, hasMethod } from '../../bridges/assert-arguments.js';
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';

/**
 * @param known the options that there are.
 * @throws TypeError for something other than a `Metrics`, or for faulty options.
 */
export function assertMeasuring(metrics: Metrics, options: object, known: readonly string[]): void {
  if (!hasMethod(metrics, 'describe'))
    throw new TypeError('httpMetrics() takes a Metrics: pass new Metrics(…), or a child of one.');
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`httpMetrics(): the options must be an object: ${known.join(', ')}.`);
  assertKnown(options, known, 'httpMetrics()');
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function assertTracker(tracker: RequestTracker, caller: string): void {
  if (!hasMethod(tracker, 'request'))
    throw new TypeError(`${caller} takes a RequestTracker: pass new RequestTracker('http').`);
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a server.
 */
export function assertServer(server: object, caller: string): void {
  if (!hasMethod(server, 'prependListener'))
    throw new TypeError(`${caller} takes a server: pass what http.createServer() gives.`);
}
