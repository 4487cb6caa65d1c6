import type { RequestTracker } from '../cantal/request-tracker.js';

/** What of a request is looked at: node:http's, node:http2's compatible one, and what frameworks build on them. */
export interface FollowedRequest {
  readonly socket?: {
    readonly readableEnded?: boolean;
    readonly errored?: unknown;
    readonly destroyed?: boolean;
  } | null;
  readonly httpVersionMajor?: number;
}

/** What of a response is looked at. */
export interface FollowedResponse {
  readonly statusCode: number;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/**
 * Follows a request until its response is closed, which happens once, however it ends: answered, aborted by the client, or cut off by the
 * server. A status of 500 or more is an error, and so is a response that the server cut off; a client that went away is not.
 */
export function follow(
  tracker: RequestTracker,
  request: FollowedRequest,
  response: FollowedResponse,
): void {
  const socket = request.httpVersionMajor === 2 ? undefined : request.socket;
  const going = tracker.request();
  let finished = false;
  response.once('finish', () => {
    finished = true;
  });
  response.once('close', () => {
    const byClient = socket == null || socket.readableEnded === true || Boolean(socket.errored);
    if (response.statusCode >= 500 || !(finished || byClient)) tracker.errors.incr();
    going[Symbol.dispose]();
  });
}
