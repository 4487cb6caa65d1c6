import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { clearInterval, setInterval } from './real-timers.js';

/**
 * Background work, which nothing waits for. Node passes the context on to everything that it opens.
 */
const background = new AsyncLocalStorage<true>();
let subscribed = false;

/**
 * Runs work whose connections are its own and must not keep the program running: a program that has
 * nothing else to do ends, even if a server has not answered. It does so by Node's and undici's
 * diagnostics channels, since most clients do not show their sockets. Over TLS the channels show
 * those of HTTP alone; a client of another kind has to let go of its sockets itself.
 */
export function inBackground<T>(work: () => T): T {
  if (!subscribed) watch();
  return background.run(true, work);
}

/** Returns true within work that {@link inBackground} runs. */
export const isBackground = (): boolean => background.getStore() === true;

/** An interval that never comes within the life of a program. */
const NEVER_MS = 2 ** 30;

/** Keeps the program running until the work is settled, because a caller waits for it. */
export async function keepProcessAliveFor<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, NEVER_MS);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}

function watch(): void {
  subscribed = true;
  subscribe('net.client.socket', (message) => {
    if (isBackground()) (message as { socket: Socket }).socket.unref();
  });
  subscribe('http.client.request.start', (message) => {
    if (!isBackground()) return;
    const { request } = message as { request: ClientRequest };
    if (request.socket) letGo(request.socket);
    else request.once('socket', letGo);
  });
  subscribe('undici:client:connected', (message) => {
    if (isBackground()) letGo((message as { socket: Socket }).socket);
  });
}

/** Clients of HTTP hold a socket again with each request. */
function letGo(socket: Socket): void {
  socket.unref();
  socket.ref = () => socket;
}
