/**
 * Any `node:http`, `node:https` or `node:http2` server, and so every framework that stands on one.
 * @module
 */
import type { Dimensions } from '../../bridges/cells/cell.js';
import { checkDimensions } from '../../bridges/cells/single/base-cell.js';
import { rules } from '../../exporters/setup/option-rules.js';
import type { MetricOptions } from '../cantal/collection.js';
import { Integer } from '../cantal/integer.js';
import type { RequestTracker } from '../cantal/request-tracker.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertServer, assertTracker } from './assert-arguments.js';
import { type FollowedRequest, type FollowedResponse, follow } from './follow.js';
import { RequestMetrics, type RequestMetricsOptions } from './request-metrics.js';

export type { FollowedRequest, FollowedResponse } from './follow.js';

/** A server whose connections can be counted. */
export interface ConnectionServer {
  /** Listens to new connections. */
  // biome-ignore lint/suspicious/noExplicitAny: the listeners of node's servers have many forms.
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** A server whose requests can be tracked. */
export interface RequestServer {
  /** Listens to requests, before all other listeners. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  prependListener(event: string, listener: (...args: any[]) => void): unknown;
}

interface Connection {
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Keeps the number of open connections of a server in the metric `http.server.connections`. Call it
 * before the server listens: earlier connections are not counted. TLS connections count when their
 * handshake is done.
 * @param dimensions further dimensions, or others than
 * `{ group: 'http.server', metric: 'connections' }`: each of several servers in a process needs its
 * own. Throws `DuplicateValueError` otherwise, `TypeError` for something other than a server, and
 * what `Integer` throws.
 */
export function trackConnections(
  server: ConnectionServer,
  dimensions: Dimensions = {},
  options: MetricOptions = {},
): Integer {
  assertServer(server, 'trackConnections()', 'on');
  const connections = new Integer(
    { group: 'http.server', metric: 'connections', ...checkDimensions(dimensions) },
    options,
  );
  const event = 'setSecureContext' in server ? 'secureConnection' : 'connection';
  server.on(event, (connection: Connection) => {
    connections.incr();
    connection.once('close', () => connections.decr());
  });
  return connections;
}

/**
 * Counts and times all requests of a server, with those in progress and those that failed: status
 * 500 or more, or cut off by the server. For every framework whose server is at hand.
 * @throws TypeError for something other than a server and a `RequestTracker`.
 */
export function trackServer(server: RequestServer, tracker: RequestTracker): void {
  assertServer(server, 'trackServer()');
  assertTracker(tracker, 'trackServer()');
  server.prependListener('request', (request: FollowedRequest, response: FollowedResponse) =>
    follow(tracker, request, response),
  );
}

export { trackServer as trackRequests };

/** Options of `httpMetrics` for `node:http`. */
export interface HttpMetricsOptions extends RequestMetricsOptions {
  /**
   * Names a request's route by its template: `/users/:id`, never the path itself. Asked when the
   * request ends; `undefined`: no route. Default: none has a route.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the requests of node:http, node:http2 and frameworks have types of their own.
  route?: (request: any) => string | undefined;
}

/**
 * Measures the requests of a server, or of a listener: what it returns takes the listener's place.
 */
export interface MeasureRequests {
  <Server extends RequestServer>(server: Server): Server;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  <Listener extends (request: any, response: any, ...rest: any[]) => unknown>(
    listener: Listener,
  ): Listener;
}

/**
 * Measures the requests of a `node:http`, `node:https` or `node:http2` server by OpenTelemetry's
 * names: `http.server.request.duration` in seconds, `http.server.active_requests`. Frameworks have
 * one of their own, which knows the routes.
 *
 * `http.createServer(httpMetrics(metrics)(listener))`, or `httpMetrics(metrics)(server)` before it
 * listens.
 * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
 */
export function httpMetrics(metrics: Metrics, options: HttpMetricsOptions = {}): MeasureRequests {
  const measured = RequestMetrics.of(metrics, options, { route: rules.function });
  const { route } = options;
  const follow = (request: FollowedRequest, response: FollowedResponse): void =>
    measured.follow(request, response, route ? { route: () => route(request) } : {});
  return ((target: Listener | RequestServer) => {
    if (typeof target === 'function') return measuredListener(target, follow);
    assertServer(target, 'httpMetrics(metrics)()');
    target.prependListener('request', follow);
    return target;
  }) as MeasureRequests;
}

type Listener = (
  request: FollowedRequest,
  response: FollowedResponse,
  ...rest: unknown[]
) => unknown;

function measuredListener(
  listener: Listener,
  follow: (request: FollowedRequest, response: FollowedResponse) => void,
): Listener {
  return function (this: unknown, request, response, ...rest) {
    follow(request, response);
    return listener.call(this, request, response, ...rest);
  };
}
