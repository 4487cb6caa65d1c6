/**
 * Express.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertTracker } from './assert-arguments.js';
import { ExpressRoutes, type RoutedRequest } from './express-route.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';
import { RequestMetrics, type RequestMetricsOptions, safely } from './request-metrics.js';

export type { FollowedRequest, FollowedResponse } from './follow.js';
export { trackServer } from './http.js';
export type { RequestMetricsOptions } from './request-metrics.js';

/** Middleware of Express, Connect, and whatever takes theirs. */
export type Middleware = (
  request: FollowedRequest,
  response: FollowedResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Middleware that counts and times requests, with those in progress and those that failed: answered
 * with 500 or more (what a handler throws is, unless an error handler says otherwise), or cut off
 * by the server. Goes before everything that is to be tracked:
 * `app.use(trackRequests(new RequestTracker('http')))`.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function trackRequests(tracker: RequestTracker): Middleware {
  assertTracker(tracker, 'trackRequests()');
  return (request, response, next) => {
    follow(tracker, request, response);
    next();
  };
}

/**
 * Middleware that measures requests by OpenTelemetry's names: `http.server.request.duration` in
 * seconds with method, route and status, `http.server.active_requests`. The route is the template
 * with those of the routers around it, `/users/:id`, never the path. Goes before everything that is
 * to be measured: `app.use(httpMetrics(metrics))`.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options?: RequestMetricsOptions): Middleware {
  const measured = RequestMetrics.of(metrics, options);
  const routes = new ExpressRoutes();
  return (
    request: FollowedRequest & RoutedRequest & { readonly protocol?: string },
    response,
    next,
  ) => {
    measured.follow(request, response, {
      scheme: safely(() => request.protocol),
      route: routes.watch(request),
    });
    next();
  };
}
