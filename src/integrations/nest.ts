/**
 * NestJS, on Express or on Fastify.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import * as express from './express.js';
import * as fastify from './fastify.js';
import type { RequestMetricsOptions } from './request-metrics.js';

export { trackServer } from './http.js';
export type { RequestMetricsOptions } from './request-metrics.js';

/** Middleware for `app.use` on Express, and a plugin for `app.register` on Fastify. */
export type MiddlewareOrPlugin = express.Middleware & fastify.TrackerPlugin;

/**
 * Counts and times requests, with those in progress and those that failed: answered with 500 or
 * more (what a handler throws is, unless it is an `HttpException` below 500 or a filter says
 * otherwise), or cut off by the server. For all routes `app.use(trackRequests(tracker))`, for some
 * `consumer.apply(trackRequests(tracker)).forRoutes(…)`; on Fastify also
 * `app.register(trackRequests(tracker))`.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function trackRequests(tracker: RequestTracker): MiddlewareOrPlugin {
  return either(express.trackRequests(tracker), fastify.trackRequests(tracker));
}

/**
 * Measures requests by OpenTelemetry's names: `http.server.request.duration` in seconds with
 * method, route and status, `http.server.active_requests`. The route is the template with prefix
 * and version, `/v1/users/:id`, never the path. On Express `app.use(httpMetrics(metrics))`; on
 * Fastify, where a middleware does not know the route, `app.register(httpMetrics(metrics))`.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options?: RequestMetricsOptions): MiddlewareOrPlugin {
  return either(express.httpMetrics(metrics, options), fastify.httpMetrics(metrics, options));
}

/** Both take three arguments; only Fastify's first one has hooks. */
function either(middleware: express.Middleware, plugin: fastify.TrackerPlugin): MiddlewareOrPlugin {
  const both = (first: never, second: never, third: never): void => {
    const isInstance = typeof (first as Partial<fastify.HookedInstance>).addHook === 'function';
    if (isInstance) plugin(first, second, third);
    else middleware(first, second, third);
  };
  // The symbol tells Fastify that the hooks are for all routes.
  return Object.assign(both as MiddlewareOrPlugin, { [Symbol.for('skip-override')]: true });
}
