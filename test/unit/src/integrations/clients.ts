import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { Collection } from '../../../../src/cantal/collection.js';
import { RequestTracker } from '../../../../src/cantal/request-tracker.js';

/** A tracker in a collection of its own. */
export function tracker(): RequestTracker {
  return new RequestTracker('http', {}, { collection: new Collection() });
}

/** What a tracker shows. */
export function shown({ requests, errors, inProgress }: RequestTracker) {
  return {
    requests: Number(requests.get()),
    errors: Number(errors.get()),
    inProgress: inProgress.get(),
  };
}

/** Listens on any port of this machine, unless it listens already, and hands out the port. */
export async function listen(server: Server): Promise<number> {
  if (!server.listening) {
    if (server.address() === null) server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  return (server.address() as AddressInfo).port;
}

/** A whole request; its status. */
export async function get(
  port: number,
  path: string,
  agent?: http.Agent,
  method = 'GET',
): Promise<number> {
  const request = http
    .request({ port, path, method, host: '127.0.0.1', ...(agent && { agent }) })
    .end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  await once(response, 'end').catch(() => {});
  return response.statusCode ?? 0;
}

/** A request that the client gives up while the server works on it: `inHandler` resolves when it does. */
export async function abort(
  port: number,
  path: string,
  inHandler: Promise<unknown>,
): Promise<void> {
  const request = http.get({ port, path, host: '127.0.0.1' });
  request.on('error', () => {});
  await inHandler;
  request.destroy();
}

/** Closes a server with its connections. */
export async function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
