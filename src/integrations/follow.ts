import type { RequestTracker } from '../cantal/request-tracker.js';

/**
 * The part of a request that is looked at: node:http's, node:http2's compatible one, and what
 * frameworks build on them.
 */
export interface FollowedRequest {
  /** The method: `GET`. */
  readonly method?: string | undefined;
  /** The connection that it came on. */
  readonly socket?: {
    readonly readableEnded?: boolean;
    readonly errored?: unknown;
    readonly destroyed?: boolean;
    readonly encrypted?: boolean;
  } | null;
  /** 1 or 2. */
  readonly httpVersionMajor?: number;
}

/** The part of a response that is looked at. */
export interface FollowedResponse {
  /** The status, of which 500 or more is a failure. */
  readonly statusCode: number;
  /** True once the head is sent. */
  readonly headersSent?: boolean;
  /** Listens to the end of the response. */
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/** The outcome of a request. */
export interface RequestEnd {
  /** The response's status, sent or not. */
  readonly status: number;
  /** The client knows the status. */
  readonly isAnswered: boolean;
  /**
   * Who cut it off before the response was whole: the client (`aborted`) or the server (`reset`).
   */
  readonly cut: 'aborted' | 'reset' | undefined;
}

/**
 * Calls back when the response is closed, which happens once, however the request ends: answered,
 * aborted, or cut off by the server.
 */
export function whenEnded(
  request: FollowedRequest,
  response: FollowedResponse,
  ended: (end: RequestEnd) => void,
): void {
  const socket = request.httpVersionMajor === 2 ? undefined : request.socket;
  let finished = false;
  response.once('finish', () => {
    finished = true;
  });
  response.once('close', () => {
    const byClient = socket == null || socket.readableEnded === true || Boolean(socket.errored);
    ended({
      status: response.statusCode,
      isAnswered: finished || response.headersSent === true,
      cut: finished ? undefined : byClient ? 'aborted' : 'reset',
    });
  });
}

/**
 * Follows a request until its response is closed. A status of 500 or more is an error, and so is a
 * response that the server cut off; a client that went away is not.
 */
export function follow(
  tracker: RequestTracker,
  request: FollowedRequest,
  response: FollowedResponse,
): void {
  const going = tracker.request();
  whenEnded(request, response, ({ status, cut }) => {
    if (status >= 500 || cut === 'reset') tracker.errors.incr();
    going[Symbol.dispose]();
  });
}
