/**
 * Hono, on Node and on other runtimes.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertTracker } from './assert-arguments.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';
import { RequestMetrics, type RequestMetricsOptions } from './request-metrics.js';

export { trackServer } from './http.js';
export type { RequestMetricsOptions } from './request-metrics.js';

/** One of the routes that Hono matched. */
export interface HonoRoute {
  /** The template of the path. */
  readonly path: string;
  /** The handler, or the middleware. */
  readonly handler: unknown;
}

/** The part of Hono's context that is looked at. */
export interface HonoContextLike {
  /** `@hono/node-server` gives Node's own request and response. */
  // biome-ignore lint/suspicious/noExplicitAny: an application declares its environment as it likes.
  readonly env: any;
  /** The request. */
  readonly req: {
    readonly method: string;
    readonly url: string;
    readonly raw: object;
    readonly routeIndex: number;
    readonly matchedRoutes?: readonly HonoRoute[];
  };
  /** True once there is a response. */
  readonly finalized: boolean;
  /** The response. */
  readonly res: { readonly status: number };
}

/** Middleware of Hono. */
export type HonoMiddleware = (context: HonoContextLike, next: () => Promise<void>) => Promise<void>;

/**
 * Middleware that counts and times requests, with those in progress and those that failed: answered
 * with 500 or more (what a handler throws is, unless `onError` says otherwise), or, on Node, cut
 * off by the server. Goes before everything that is to be tracked:
 * `app.use(trackRequests(new RequestTracker('http')))`.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function trackRequests(tracker: RequestTracker): HonoMiddleware {
  assertTracker(tracker, 'trackRequests()');
  return async (context, next) => {
    const node = nodeOf(context);
    if (node === undefined) return trackHandlers(tracker, context, next);
    follow(tracker, node.incoming, node.outgoing);
    await next();
  };
}

/** Without Node's response a request lasts as long as its handlers. */
async function trackHandlers(
  tracker: RequestTracker,
  context: HonoContextLike,
  next: () => Promise<void>,
): Promise<void> {
  await tracker.request(next);
  if ((statusOf(context) ?? 0) >= 500) tracker.errors.incr();
}

/**
 * Middleware that measures requests by OpenTelemetry's names: `http.server.request.duration` in
 * seconds with method, route and status, `http.server.active_requests`. The route is the template
 * with those of the applications around it, `/users/:id`, never the path. Goes before everything
 * that is to be measured: `app.use(httpMetrics(metrics))`.
 *
 * On Node a request lasts until its response is sent, or the connection is gone. Elsewhere it lasts
 * as long as its handlers: a body that is streamed after them, and a client that goes away, are not
 * seen.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options?: RequestMetricsOptions): HonoMiddleware {
  const measured = RequestMetrics.of(metrics, options);
  return async function measure(context, next) {
    const { method, url, raw, routeIndex } = context.req;
    const facts = {
      method,
      scheme: url.startsWith('https:') ? 'https' : 'http',
      route: () => routeOf(context, routeIndex),
    };
    const node = nodeOf(context);
    if (node !== undefined) {
      measured.follow(node.incoming, node.outgoing, facts);
      return next();
    }
    const ongoing = measured.begin(raw, facts);
    try {
      await next();
      ongoing?.end({ status: statusOf(context) });
    } catch (error) {
      ongoing?.end({ status: undefined, error: nameOf(error) });
      throw error;
    }
  };
}

function nodeOf({
  env,
}: HonoContextLike): { incoming: FollowedRequest; outgoing: FollowedResponse } | undefined {
  return typeof env?.outgoing?.once === 'function' && env.incoming ? env : undefined;
}

/** Looking at the response of a context that has none would make one. */
const statusOf = (context: HonoContextLike): number | undefined =>
  context.finalized ? context.res.status : undefined;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/**
 * The route of the innermost handler that ran. Middleware that answers by itself is one too; where
 * only middleware ran and nothing was found, there is no route.
 * @param own the position of the middleware that asks.
 */
function routeOf(context: HonoContextLike, own: number): string | undefined {
  const { matchedRoutes, routeIndex } = context.req;
  const route = matchedRoutes?.[routeIndex];
  if (route === undefined || routeIndex === own) return undefined;
  return statusOf(context) === 404 && isMiddleware(route.handler) ? undefined : route.path;
}

/**
 * Middleware takes `next`. A handler of an application with an error handler of its own is wrapped.
 */
function isMiddleware(handler: unknown): boolean {
  const { __COMPOSED_HANDLER: inner = handler } = handler as { __COMPOSED_HANDLER?: unknown };
  return typeof inner === 'function' && inner.length > 1;
}
