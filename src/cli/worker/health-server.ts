import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ledger } from '../../../exporters/delivery/ledger.js';
import { PROMETHEUS_TYPE, toPrometheusText } from './prometheus-text.js';

/** The questions to a worker. */
export interface Observed {
  ledger(): Ledger;
  /** The fault that keeps the queue or the store from working, without secrets. */
  readonly fault: Error | undefined;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

const TEXT_TYPE = 'text/plain; charset=utf-8';

/**
 * Answers probes: `/live` while the process works at all, `/ready` while queue and store answer
 * too, `/metrics` with the ledger in Prometheus's text format. It reads only, and does not keep the
 * process alive.
 */
export class HealthServer {
  readonly #worker: Observed;
  readonly #server: Server;
  #isEnding = false;

  constructor(worker: Observed) {
    this.#worker = worker;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /**
   * Begins to listen; with port 0 at any that is free.
   * @returns the address.
   * @throws Error that tells what to do if the port cannot be had.
   */
  async listen(port: number, host: string): Promise<string> {
    this.#server.listen({ port, host });
    await once(this.#server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw new Error(`--health-port ${port} on ${host}: ${REMEDIES[error.code ?? ''] ?? error}`, {
        cause: error,
      });
    });
    this.#server.unref();
    const { port: given, address, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${given}`;
  }

  /** The worker was told to end: it is not ready any more, and lives. */
  ending(): void {
    this.#isEnding = true;
  }

  /** Lets go of the port. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer({ method = '', url = '' }: IncomingMessage, response: ServerResponse): void {
    const { status, type = TEXT_TYPE, body } = this.#answerTo(method, url.split('?')[0]!);
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(method === 'HEAD' ? undefined : body);
  }

  #answerTo(method: string, path: string): Answer {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'GET or HEAD only\n' };
    const obstacle = this.#obstacle();
    switch (path) {
      case '/live':
        return { status: 200, body: 'live\n' };
      case '/ready':
        return obstacle === undefined
          ? { status: 200, body: 'ready\n' }
          : { status: 503, body: `${obstacle}\n` };
      case '/metrics': {
        const body = toPrometheusText(this.#worker.ledger(), obstacle === undefined);
        return { status: 200, type: PROMETHEUS_TYPE, body };
      }
      default:
        return { status: 404, body: '/live, /ready or /metrics\n' };
    }
  }

  /** The reason for which the worker is not ready. */
  #obstacle(): string | undefined {
    return this.#isEnding
      ? 'ending'
      : this.#worker.fault && `waiting: ${this.#worker.fault.message}`;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; choose another one, or 0 for any that is free',
  EACCES: 'this user is not permitted to use the port; choose one above 1023',
  EADDRNOTAVAIL:
    'the host is not an address of this machine; correct --health-host; 0.0.0.0 stands for all addresses of this machine',
  ENOTFOUND: 'there is no such host; correct --health-host',
};
