import http from 'node:http';
import https from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { codeOf } from '../../error-code.js';
import { connectWithin } from '../../timing/connect-within.js';

/** A server's answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** The address of the server and the credentials for it. */
export interface ConnectionSettings {
  /** http or https, with an optional path before InfluxDB's own, without credentials. */
  readonly url: URL;
  /** The Authorization header, if there is one. */
  readonly authorization?: string | undefined;
  /** Seconds that connecting may take. */
  readonly timeout: number;
  readonly tls?: ConnectionOptions | undefined;
}

/** A request, without the address and the credentials. */
interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly type: string;
  readonly body: string;
}

/** One keep-alive connection to an InfluxDB; made again whenever it is gone. */
export class InfluxConnection {
  readonly #settings: ConnectionSettings;
  readonly #agent: http.Agent;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent =
      settings.url.protocol === 'https:'
        ? new https.Agent({ ...options, ...settings.tls })
        : new http.Agent(options);
  }

  /** Asks without a body. @throws as {@link post} */
  get(path: string, signal: AbortSignal): Promise<Answer> {
    return this.#send({ method: 'GET', path, type: 'text/plain', body: '' }, signal);
  }

  /**
   * Posts a body and reads the whole answer.
   * @throws Error when the server cannot be reached, the answer is cut, or `signal` is aborted
   */
  post(
    path: string,
    query: Record<string, string>,
    type: string,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    return this.#send({ method: 'POST', path, query, type, body }, signal);
  }

  /** Posts a form and hands out the answer as it comes. @throws as {@link post} */
  stream(
    path: string,
    form: Record<string, string>,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const type = 'application/x-www-form-urlencoded';
    const body = String(new URLSearchParams(form));
    return this.#ask({ method: 'POST', path, type, body }, signal);
  }

  async #send(asked: Asked, signal: AbortSignal): Promise<Answer> {
    return readAnswer(await this.#ask(asked, signal));
  }

  /**
   * A server may close an idle connection just as it is used; then the request goes on a new one.
   */
  async #ask(asked: Asked, signal: AbortSignal): Promise<http.IncomingMessage> {
    try {
      return await this.#request(asked, signal);
    } catch (error) {
      if (codeOf(error) !== 'STALE_CONNECTION') throw error;
      return this.#request(asked, signal);
    }
  }

  #request(
    { method, path, query, type, body }: Asked,
    signal: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const { url, authorization, timeout } = this.#settings;
    const target = new URL(
      `${url.pathname.replace(/\/$/, '')}${path}?${new URLSearchParams(query)}`,
      url,
    );
    const bytes = Buffer.from(body);
    const headers: http.OutgoingHttpHeaders = {
      'content-type': type,
      'content-length': bytes.length,
    };
    if (authorization !== undefined) headers.authorization = authorization;
    return new Promise((resolve, reject) => {
      const request = (target.protocol === 'https:' ? https : http).request(target, {
        method,
        agent: this.#agent,
        headers,
        signal,
      });
      connectWithin(timeout * 1_000, request);
      request.on('response', (response) => {
        // It emits an error if it is aborted before it is read; the later reader gets that error.
        response.on('error', () => {});
        resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale =
          request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleError() : error);
      });
      request.end(bytes);
    });
  }

  /** Closes what is open. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Thrown when the server closed an idle connection just as a request was sent on it. */
class StaleError extends Error {
  readonly code = 'STALE_CONNECTION';
}

/** More of an error than anyone reads is not kept. */
const MAX_ANSWER_CHARACTERS = 1_000_000;

/** Reads a whole answer. */
export async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  let body = '';
  response.setEncoding('utf8');
  // A cut answer ends the loop with an error ("aborted"), never with half a body.
  for await (const chunk of response) if (body.length < MAX_ANSWER_CHARACTERS) body += chunk;
  return { status: response.statusCode ?? 0, body, headers: response.headers };
}
