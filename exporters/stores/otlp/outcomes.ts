import type { ISerializer } from '@opentelemetry/otlp-transformer';
import type { Outcome } from '../../delivery/store.js';
import { connectionRemedy } from '../../diagnostics/connection-remedies.js';
import { commonWords, firstWords } from '../../diagnostics/first-words.js';
import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';
import type { OtlpRequest } from './requests.js';
import { readStatus } from './status.js';
import type { Answer } from './transport.js';

/**
 * A collector's word on what it did not take.
 * https://opentelemetry.io/docs/specs/otlp/#partial-success
 */
export interface ExportAnswer {
  readonly partialSuccess?: {
    readonly rejectedDataPoints?: number | string;
    readonly rejectedLogRecords?: number | string;
    readonly errorMessage?: string;
  };
}

/** The address that was asked, and the texts that no message may show. */
export interface Endpoint {
  readonly address: string;
  readonly secrets: readonly string[];
}

/**
 * The error that a failed request means, or `unclear`: it was refused, and it is unknown by which
 * server and why.
 */
export type Classified = Error | 'unclear' | undefined;

/**
 * Classifies an answer: taken (undefined), or the error for the delivery: halve the batch, wait for
 * the administrator, are final; any other error is tried again. Only the collector's own refusal
 * counts, which has a status as its body; a gateway's 400 or 404 says nothing about the reports.
 * @param requestBytes the size of the request.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
export function classifyFailure(
  answer: Answer,
  requestBytes: number,
  { address, secrets }: Endpoint,
): Classified {
  const { status, body, contentType } = answer;
  if (isTaken(answer)) return undefined;
  const words = `${address} answers ${wordsOf(answer, secrets)}`;
  if (status === 413 && requestBytes >= SMALL_REQUEST_BYTES) return tooLarge();
  if (status === 401 || status === 403)
    return new ImproperlyConfiguredError(
      `${words}: check the headers (OTEL_EXPORTER_OTLP_HEADERS)`,
    );
  if (status < 400 || NOT_OTLP.has(status))
    return new ImproperlyConfiguredError(`${words}: ${CHECK_URL}`);
  if (status >= 500 || status === 408 || status === 429) return new Error(words);
  if (readStatus(body, contentType) === undefined) return 'unclear';
  return new RejectedError(reasonOf(answer, secrets));
}

/**
 * Decides an unclear refusal by the answer to a request without data, which every collector takes:
 * where that is refused too, the address or a gateway is at fault, not the reports.
 */
export function classifyUnclear(
  refusal: Answer,
  empty: Answer,
  { address, secrets }: Endpoint,
): Error {
  if (isTaken(empty))
    return refusal.status === 413 ? tooLarge() : new RejectedError(reasonOf(refusal, secrets));
  return new ImproperlyConfiguredError(
    `${address} answers ${wordsOf(refusal, secrets)}: ${CHECK_URL}`,
  );
}

/** The error for a connection that failed: the address, the cause, and what to look at. */
export function classifyConnection(error: unknown, address: string): Error {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  // A name with several addresses makes an error of errors, without a message of its own.
  const inner = (error as { errors?: readonly Error[] } | undefined)?.errors ?? [];
  const cause = message || inner.map((one) => one.message).join('; ') || String(code);
  if (isHttp2(error) || (isGrpcPort(address) && BROKEN.has(String(code))))
    return new ImproperlyConfiguredError(
      `${address} does not speak HTTP/1.1 (${cause}): this looks like gRPC: use the collector's HTTP port, 4318`,
      { cause: error },
    );
  const remedy = connectionRemedy(`${String(code)} ${cause}`);
  return new Error(`${address}: ${cause}${remedy === undefined ? '' : `: ${remedy}`}`, {
    cause: error,
  });
}

/**
 * A gRPC server begins with a frame of settings (https://httpwg.org/specs/rfc9113.html#SETTINGS),
 * which the parser refuses.
 */
const isHttp2 = (error: unknown): boolean =>
  (error as { rawPacket?: Uint8Array } | undefined)?.rawPacket?.[3] === 0x04;
const tooLarge = (): SplitError => new SplitError('request too large (413)');
const isGrpcPort = (address: string): boolean => /:4317(\/|$)/.test(address);
/** A gRPC server may hang up on HTTP/1.1 without a word. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE']);
/** No gateway refuses requests smaller than this for their size: its 413 means something else. */
const SMALL_REQUEST_BYTES = 65_536;
/**
 * The statuses of a server that does not accept OTLP at this address: not found, method, proxy's
 * sign-in, gone, media type, …
 */
const NOT_OTLP = new Set([402, 404, 405, 406, 407, 410, 415, 421, 426, 451, 501]);
const CHECK_URL =
  "it does not accept OTLP over HTTP at this address: check url (the base address, without /v1/metrics), and the gateway's route if there is one";

/** True for a status of success, unless its body is a page: a gateway's login, not a collector. */
const isTaken = ({ status, body }: Answer): boolean =>
  status >= 200 && status < 300 && !PAGE.test(body.toString());
const PAGE = /^\s*</;

/** The status, and the answer's first words. */
function wordsOf(answer: Answer, secrets: readonly string[]): string {
  const words = firstWords(textOf(answer), secrets);
  return words === '' ? String(answer.status) : `${answer.status} "${words}"`;
}

function reasonOf(answer: Answer, secrets: readonly string[]): string {
  const words = commonWords(textOf(answer), secrets);
  return words === '' ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${words}`;
}

const textOf = ({ body, contentType }: Answer): string =>
  readStatus(body, contentType)?.message ?? body.toString();

/**
 * Enters the outcomes of a successful answer. It may say how many it did not take, though not
 * which: that many reports at the end of the request count as rejected.
 * @returns the collector's message beside that.
 */
export function enterOutcomes(
  body: Uint8Array,
  serializer: ISerializer<OtlpRequest['data'], ExportAnswer>,
  positions: readonly number[],
  outcomes: Outcome[],
): string | undefined {
  const { partialSuccess } = readAnswer(body, serializer);
  const message = partialSuccess?.errorMessage ?? '';
  const rejected = Math.min(
    Number(partialSuccess?.rejectedDataPoints ?? partialSuccess?.rejectedLogRecords ?? 0),
    positions.length,
  );
  positions.forEach((position, i) => {
    outcomes[position] =
      i < positions.length - rejected
        ? 'stored'
        : { rejected: `partial success${message === '' ? '' : `: ${message}`}` };
  });
  return message === '' ? undefined : message;
}

/** The status says that the data were taken; an unreadable answer does not change that. */
function readAnswer(
  body: Uint8Array,
  serializer: ISerializer<OtlpRequest['data'], ExportAnswer>,
): ExportAnswer {
  try {
    return body.length === 0 ? {} : serializer.deserializeResponse(body);
  } catch {
    return {};
  }
}
