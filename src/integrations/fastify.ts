/**
 * Fastify.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertInstance, assertTracker } from './assert-arguments.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';
import { RequestMetrics, type RequestMetricsOptions, safely } from './request-metrics.js';

export type { FollowedRequest, FollowedResponse } from './follow.js';
export { trackServer } from './http.js';
export type { RequestMetricsOptions } from './request-metrics.js';

/** The part of Fastify's request that is looked at. */
export interface FastifyRequestLike {
  /** Node's own request. */
  readonly raw: FollowedRequest;
  /** `http` or `https`. */
  readonly protocol?: string;
  /** Fastify 4.10 and later. */
  readonly routeOptions?: { readonly url?: string | undefined };
  /** Earlier ones. */
  readonly routerPath?: string;
}

/** Fastify's `onRequest` hook, as far as it is used here. */
export type RequestHook = (
  request: FastifyRequestLike,
  reply: { readonly raw: FollowedResponse },
  done: () => void,
) => void;

/** The part of a Fastify instance that the plugins use. */
export interface HookedInstance {
  /** Adds a hook to all routes. */
  addHook(name: 'onRequest', hook: RequestHook): unknown;
}

/** A Fastify plugin. */
export type TrackerPlugin = (instance: HookedInstance, options: unknown, done: () => void) => void;

/**
 * A plugin that counts and times requests, with those in progress and those that failed: answered
 * with 500 or more (what a handler throws is, unless the error has a status below), or cut off by
 * the server. For all routes, those of other plugins too:
 * `app.register(trackRequests(new RequestTracker('http')))`.
 * @throws TypeError for something other than a `RequestTracker`.
 */
export function trackRequests(tracker: RequestTracker): TrackerPlugin {
  assertTracker(tracker, 'trackRequests()');
  return onEachRequest((request, reply) => follow(tracker, request.raw, reply.raw));
}

/**
 * A plugin that measures requests by OpenTelemetry's names: `http.server.request.duration` in
 * seconds with method, route and status, `http.server.active_requests`. The route is the template
 * with its prefix, `/users/:id`, never the path. For all routes, those of other plugins too:
 * `app.register(httpMetrics(metrics))`.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options?: RequestMetricsOptions): TrackerPlugin {
  const measured = RequestMetrics.of(metrics, options);
  return onEachRequest((request, reply) =>
    measured.follow(request.raw, reply.raw, {
      scheme: safely(() => request.protocol),
      // Fastify 4 warns of the older property where the newer one is there.
      route: () => (request.routeOptions ? request.routeOptions.url : request.routerPath),
    }),
  );
}

function onEachRequest(
  look: (request: FastifyRequestLike, reply: { readonly raw: FollowedResponse }) => void,
): TrackerPlugin {
  const plugin: TrackerPlugin = (instance, _options, done) => {
    assertInstance(instance);
    instance.addHook('onRequest', (request, reply, next) => {
      look(request, reply);
      next();
    });
    done();
  };
  // Fastify's way to say that the hooks are for the instance that registers the plugin, not for a
  // scope of their own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
