import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withoutSecrets } from '../../../exporters/diagnostics/secrets.js';
import type { Asset } from './assets.js';
import { refusalOf, SAFE_HEADERS } from './guard.js';

/**
 * The answers that the page may ask for: by the path of its URL, a function of its parameters that
 * gives plain data.
 */
export type Answers = Readonly<Record<string, (parameters: URLSearchParams) => unknown>>;

const ADDRESS = '127.0.0.1';
const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Serves the page and its data on loopback, to this machine's browsers alone. */
export class BoardServer {
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #answers: Answers;
  readonly #server: Server;
  #port = 0;

  constructor(assets: ReadonlyMap<string, Asset>, answers: Answers) {
    this.#assets = assets;
    this.#answers = answers;
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  /**
   * Listens on loopback.
   * @param port 0: any that is free.
   * @returns the page's address. Rejects with the system's error, `EADDRINUSE` say.
   */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, ADDRESS, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    return `http://${ADDRESS}:${this.#port}/`;
  }

  /** Ends at once; requests that are being answered are cut. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const refusal = refusalOf(request, this.#port);
    if (refusal !== undefined) {
      if (refusal.status === 405) response.setHeader('allow', 'GET, HEAD');
      send(response, refusal.status, TEXT_TYPE, `${refusal.reason}\n`);
      return;
    }
    try {
      this.#answer(request, response);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      send(response, 500, TEXT_TYPE, `${withoutSecrets(reason)}\n`);
    }
  }

  #answer({ url = '/' }: IncomingMessage, response: ServerResponse): void {
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const asset = this.#assets.get(path);
    if (asset !== undefined) {
      send(response, 200, asset.type, asset.body);
      return;
    }
    const answer = Object.hasOwn(this.#answers, path) ? this.#answers[path] : undefined;
    if (answer === undefined) {
      send(response, 404, TEXT_TYPE, 'No such page; the board is at /.\n');
      return;
    }
    const parameters = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
    send(response, 200, JSON_TYPE, JSON.stringify(answer(parameters)));
  }
}

/** Node leaves the body away for HEAD. */
function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...SAFE_HEADERS, 'content-type': type, 'content-length': length });
  response.end(body);
}
