import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { clearTimeout, setTimeout } from './real-timers.js';

/**
 * Destroys a request whose new connection is not made in time, TLS included. A connection that is
 * used again is made already. An error that the socket emits after its answer is not thrown.
 */
export function connectWithin(milliseconds: number, request: ClientRequest): void {
  request.on('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    // Node removes its own listener when an answer ends: an abort in the same turn would be
    // unhandled.
    socket.on('error', () => {});
    const late = (): void => {
      request.destroy(noConnection(milliseconds));
    };
    const timer = setTimeout(late, milliseconds);
    const connected = (socket as TLSSocket).encrypted === true ? 'secureConnect' : 'connect';
    socket.once(connected, () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  });
}

const noConnection = (milliseconds: number): Error =>
  Object.assign(new Error(`no connection within ${milliseconds} ms`), { code: 'ETIMEDOUT' });
