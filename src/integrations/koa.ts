/**
 * Koa, with `@koa/router` or without.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertTracker } from './assert-arguments.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';
import { RequestMetrics, type RequestMetricsOptions, safely } from './request-metrics.js';
import { watchProperty } from './watch-property.js';

export { trackServer } from './http.js';
export type { RequestMetricsOptions } from './request-metrics.js';

/** The part of Koa's context that is looked at. */
export interface KoaContextLike {
  /** Node's own request. */
  readonly req: FollowedRequest;
  /** Node's own response. */
  readonly res: FollowedResponse;
  /** `http` or `https`. */
  readonly protocol?: string;
}

/** Middleware of Koa. */
export type KoaMiddleware = (
  context: KoaContextLike,
  next: () => Promise<unknown>,
) => Promise<void>;

/**
 * Middleware that counts and times requests, with those in progress and those that failed: answered
 * with 500 or more (what a handler throws is, unless the error has a status below), or cut off by
 * the server. Goes before everything that is to be tracked:
 * `app.use(trackRequests(new RequestTracker('http')))`.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function trackRequests(tracker: RequestTracker): KoaMiddleware {
  assertTracker(tracker, 'trackRequests()');
  return async (context, next) => {
    follow(tracker, context.req, context.res);
    await next();
  };
}

/**
 * Middleware that measures requests by OpenTelemetry's names: `http.server.request.duration` in
 * seconds with method, route and status, `http.server.active_requests`. The route is the template
 * that `@koa/router` matched, with its prefix and the path it is mounted at, never the path of the
 * request. Goes before everything that is to be measured: `app.use(httpMetrics(metrics))`.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options?: RequestMetricsOptions): KoaMiddleware {
  const measured = RequestMetrics.of(metrics, options);
  return async (context, next) => {
    measured.follow(context.req, context.res, {
      scheme: safely(() => context.protocol),
      route: watchRoute(context),
    });
    await next();
  };
}

/**
 * The properties that `@koa/router` and `koa-mount` set on the context. The latter takes its path
 * back before the response ends.
 */
interface RoutedContext {
  _matchedRoute?: unknown;
  readonly mountPath?: unknown;
}

function watchRoute(context: KoaContextLike & RoutedContext): () => string | undefined {
  let found: string | undefined;
  watchProperty(context, '_matchedRoute', (route) => {
    const { mountPath } = context;
    if (route !== undefined) found = `${typeof mountPath === 'string' ? mountPath : ''}${route}`;
  });
  return () => found;
}
