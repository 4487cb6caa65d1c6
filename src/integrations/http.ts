/**
 * Any `node:http`, `node:https` or `node:http2` server, and so every framework that stands on one.
 * @module
 */
import type { Dimensions } from '../../bridges/cells/store.js';
import type { MetricOptions } from '../cantal/collection.js';
import { Integer } from '../cantal/integer.js';
import type { RequestTracker } from '../cantal/request-tracker.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';

/** A server whose connections can be counted. */
export interface ConnectionServer {
  // biome-ignore lint/suspicious/noExplicitAny: the listeners of node's servers have many forms.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** A server whose requests can be tracked. */
export interface RequestServer {
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  prependListener(event: string, listener: (...args: any[]) => void): unknown;
}

interface Connection {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Keeps the number of open connections of a server in the metric `http.server.connections`. Call it before the server listens: earlier
 * connections are not counted. TLS connections count when their handshake is done.
 * @param dimensions further dimensions, or others than `{ group: 'http.server', metric: 'connections' }`: each of several servers in a
 * process needs its own. Throws `DuplicateValueError` otherwise.
 */
export function trackConnections(
  server: ConnectionServer,
  dimensions: Dimensions = {},
  options: MetricOptions = {},
): Integer {
  const connections = new Integer(
    { group: 'http.server', metric: 'connections', ...dimensions },
    options,
  );
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
  server.on(event, (connection: Connection) => {
    connections.incr();
    connection.once('close', () => connections.decr());
  });
  return connections;
}

/** Counts and times a server's requests, with those in progress and those that failed: status 500 or more, or cut off by the server. */
export function trackRequests(server: RequestServer, tracker: RequestTracker): void {
  server.prependListener('request', (request: FollowedRequest, response: FollowedResponse) =>
    follow(tracker, request, response),
  );
}
