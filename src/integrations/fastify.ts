/**
 * Fastify.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';

/** What of a Fastify instance the plugin uses. */
export interface HookedInstance {
  addHook(
    name: 'onRequest',
    hook: (
      request: { readonly raw: FollowedRequest },
      reply: { readonly raw: FollowedResponse },
      done: () => void,
    ) => void,
  ): unknown;
}

/** A Fastify plugin. */
export type TrackerPlugin = (instance: HookedInstance, options: unknown, done: () => void) => void;

/**
 * A plugin that counts and times requests, with those in progress and those that failed: answered with 500 or more (what a handler throws
 * is, unless the error has a status below), or cut off by the server. For all routes, those of other plugins too:
 * `app.register(trackRequests(new RequestTracker('http')))`.
 */
export function trackRequests(tracker: RequestTracker): TrackerPlugin {
  const plugin: TrackerPlugin = (instance, _options, done) => {
    instance.addHook('onRequest', (request, reply, next) => {
      follow(tracker, request.raw, reply.raw);
      next();
    });
    done();
  };
  // Fastify's way to say that the hooks are for the instance that registers the plugin, not for a scope of their own.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}
