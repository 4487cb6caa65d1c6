import http from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { addressOf } from '../../setup/address.js';
import { connectWithin } from '../../timing/connect-within.js';
import { withTimeout } from '../../timing/with-timeout.js';

/** Longer answers are not read on: a partial success is a few bytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** One endpoint as OpenTelemetry's own configuration describes it. */
export interface Endpoint {
  readonly url: string;
  readonly headers: () => Record<string, string> | Promise<Record<string, string>>;
  readonly compression: string;
  /** Milliseconds that a new connection may take. */
  readonly connectTimeoutMillis: number;
  /** Milliseconds an export may take. */
  readonly timeoutMillis: number;
  /** For `https:` alone: makes the agent that knows the certificates of the environment. */
  readonly agentFactory: (protocol: string) => http.Agent | Promise<http.Agent>;
}

/** A collector's answer. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string;
  /** Milliseconds the collector asks to be left alone for. */
  readonly retryAfterMs?: number;
}

/** Posts to one endpoint over connections that are kept. Nothing is retried here. */
export class Transport {
  readonly #endpoint: Endpoint;
  #agent: http.Agent | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** The address without credentials and parameters. */
  get address(): string {
    return addressOf(this.#endpoint.url);
  }

  /** @throws the connection's own error, or the signal's reason. */
  async post(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { url, headers, compression, timeoutMillis, connectTimeoutMillis, agentFactory } =
      this.#endpoint;
    const target = new URL(url);
    this.#agent ??= await agentFor(target.protocol, agentFactory);
    const zipped = compression === 'gzip';
    const content = zipped ? await promisify(gzip)(body) : body;
    const all = {
      ...(await headers()),
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
      'Content-Length': content.byteLength,
    };
    const options = { method: 'POST', headers: all, agent: this.#agent };
    const late = (): Error => new Error(`no answer within ${timeoutMillis} ms`);
    return withTimeout(
      timeoutMillis,
      signal,
      (limit) =>
        send(target, { ...options, signal: limit }, content, connectTimeoutMillis).catch(
          (error: unknown) => {
            // Node's own error at an abort does not say why.
            throw limit.aborted ? limit.reason : error;
          },
        ),
      { late },
    );
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/**
 * Without certificates there is nothing that OpenTelemetry's factory knows; its `import()` of
 * `http` fails where tests run in a context of their own (Jest).
 */
const agentFor = (
  protocol: string,
  factory: Endpoint['agentFactory'],
): ReturnType<Endpoint['agentFactory']> =>
  protocol === 'http:' ? new http.Agent({ keepAlive: true }) : factory(protocol);

function send(
  target: URL,
  options: https.RequestOptions,
  content: Uint8Array,
  connectTimeoutMillis: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? https : http).request(
      target,
      options,
      (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length <= MAX_ANSWER_BYTES) chunks.push(chunk);
          else response.destroy(new Error('the answer is too long'));
        });
        response.on('error', reject);
        response.on('end', () => {
          const retryAfterMs = delayOf(response.headers);
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks),
            contentType: response.headers['content-type'] ?? '',
            ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          });
        });
      },
    );
    request.on('error', reject);
    connectWithin(connectTimeoutMillis, request);
    request.end(content);
  });
}

/**
 * `Retry-After` in milliseconds: seconds, or a date, which is the server's and so is compared with
 * the server's own clock. Source: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
function delayOf(headers: http.IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const answered = Date.parse(headers.date ?? '');
  const delay = Date.parse(text) - (Number.isNaN(answered) ? Date.now() : answered);
  return Number.isFinite(delay) ? Math.max(0, delay) : undefined;
}
