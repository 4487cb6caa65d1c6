/**
 * Express.
 * @module
 */
import type { RequestTracker } from '../cantal/request-tracker.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';

/** Middleware of Express, Connect, and whatever takes theirs. */
export type Middleware = (
  request: FollowedRequest,
  response: FollowedResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Middleware that counts and times requests, with those in progress and those that failed: answered with 500 or more (what a handler
 * throws is, unless an error handler says otherwise), or cut off by the server. Goes before everything that is to be tracked:
 * `app.use(trackRequests(new RequestTracker('http')))`.
 */
export function trackRequests(tracker: RequestTracker): Middleware {
  return (request, response, next) => {
    follow(tracker, request, response);
    next();
  };
}
