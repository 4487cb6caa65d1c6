import { assertHas } from '../../bridges/assert-arguments.js';
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';

/** @throws TypeError for something other than a `Metrics`. */
export function assertMetrics(metrics: Metrics): void {
  assertHas(
    metrics,
    'describe',
    'httpMetrics() takes a Metrics: pass new Metrics(…), or a child of one.',
  );
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function assertTracker(tracker: RequestTracker, caller: string): void {
  assertHas(
    tracker,
    'request',
    `${caller} takes a RequestTracker: pass new RequestTracker('http').`,
  );
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a server, which has `method`.
 */
export function assertServer(server: object, caller: string, method = 'prependListener'): void {
  assertHas(server, method, `${caller} takes a server: pass what http.createServer() gives.`);
}

/** @throws TypeError for something other than an instance of Fastify. */
export function assertInstance(instance: object): void {
  assertHas(
    instance,
    'addHook',
    "This is a plugin for app.register() of Fastify: take another framework's from its own entry point.",
  );
}
