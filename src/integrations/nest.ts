/**
 * NestJS, on Express or on Fastify.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import { trackRequests as expressMiddleware, type Middleware } from './express.js';

/**
 * Functional middleware that counts and times requests, with those in progress and those that failed: answered with 500 or more (what a
 * handler throws is, unless it is an `HttpException` below 500 or a filter says otherwise), or cut off by the server. For all routes
 * `app.use(trackRequests(tracker))`, for some `consumer.apply(trackRequests(tracker)).forRoutes(…)`.
 */
export function trackRequests(tracker: RequestTracker): Middleware {
  return expressMiddleware(tracker);
}
