import type { MongoBulkWriteError } from 'mongodb';
import type { Outcome } from '../../delivery/store.js';
import { addressRemedy } from '../../diagnostics/connection-remedies.js';
import { ImproperlyConfiguredError, RejectedError } from '../../errors.js';

/** The code of a {@link SuspectError}. */
export const SUSPECT = 'KANEDA_SUSPECT';
const DUPLICATE = 11_000;
/**
 * Codes that mean the account, not the document.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
 */
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
/** The whole command was refused for what a document is: bad values, names or sizes. */
const MALFORMED = new Set([2, 9, 14, 22, 52, 53, 55, 57, 10_334]);
/**
 * Errors of the driver that are found while a batch is made into BSON: something in a document is
 * to blame.
 */
const ENCODING = new Set([
  'BSONError',
  'BSONVersionError',
  'BSONOffsetError',
  'MongoInvalidArgumentError',
  'RangeError',
  'TypeError',
]);

/**
 * The error for a failed command, as the delivery understands it: wait for an administrator, refuse
 * for good, find the document that is refused; anything else is tried again.
 */
export function classifyFailure(error: unknown, remedies: Remedies): Error {
  const { code, name, message } = wholeBatch(error);
  if (code === UNAUTHORIZED || /requires authentication|not authorized/i.test(message))
    return describeBlock(message, remedies);
  if (code === AUTHENTICATION_FAILED || /authentication failed/i.test(message)) {
    return new ImproperlyConfiguredError(
      `MongoDB refuses the credentials (${message}): ${remedies.credentials}`,
      { cause: error },
    );
  }
  // Some servers close the connection over a value they do not know; that looks like any lost
  // connection and is retried as one.
  if (MALFORMED.has(code ?? 0)) return new RejectedError(reasonOf(code!, message));
  if (ENCODING.has(name))
    return new RejectedError(
      /larger than/.test(message) ? 'too large for MongoDB' : `not encodable: ${name}`,
    );
  // The server answers, and it is none of what passes by itself: perhaps it is one of the
  // documents.
  if (
    name !== 'MongoNetworkError' &&
    code !== undefined &&
    !RETRYABLE.has(code) &&
    !isTransient(error)
  )
    return new SuspectError(reasonOf(code, message));
  return withAddress(error as Error, message, remedies.target);
}

/** The error for an account that may not write, or not read. */
export function describeBlock(
  message: string,
  { rights, action = 'write' }: Remedies,
): ImproperlyConfiguredError {
  return new ImproperlyConfiguredError(`MongoDB refuses the ${action} (${message}): ${rights}`);
}

/** A connection that failed, with the address and what to look at, where that is known. */
function withAddress(error: Error, message: string, target: string): Error {
  const remedy = addressRemedy(message);
  return remedy === undefined
    ? error
    : new Error(`MongoDB at ${target}: ${message}: ${remedy}`, { cause: error });
}

/**
 * The server refused a batch as a whole for a reason that is not understood; `message` is fit for
 * the ledger.
 */
export class SuspectError extends Error {
  readonly code = SUSPECT;
}

const isTransient = (error: unknown): boolean => {
  const { hasErrorLabel } = error as { hasErrorLabel?: (label: string) => boolean };
  return [
    'RetryableWriteError',
    'ResetPool',
    'PoolRequestedRetry',
    'TransientTransactionError',
  ].some((label) => hasErrorLabel?.call(error, label) === true);
};

/** The address, and the remedies for an administrator. */
export interface Remedies {
  /** The refused action, default `write`. */
  readonly action?: 'write' | 'query';
  readonly target: string;
  readonly credentials: string;
  readonly rights: string;
}

/** The driver's word on one document of a batch. */
export interface WriteErrorLike {
  readonly index: number;
  readonly code: number;
  readonly errmsg?: string;
  readonly keyPattern?: Record<string, unknown>;
}

/** The errors of single documents in a failed insertMany; none where the whole of it failed. */
export function writeErrorsIn(error: unknown): WriteErrorLike[] {
  const found = (error as Partial<MongoBulkWriteError>)?.writeErrors;
  const list = found === undefined ? [] : Array.isArray(found) ? found : [found];
  return list.map((one) => {
    const { index, code, errmsg } = one as unknown as WriteErrorLike;
    const raw = (one as { err?: { keyPattern?: Record<string, unknown> } }).err;
    return {
      index,
      code,
      ...(errmsg === undefined ? {} : { errmsg }),
      ...(raw?.keyPattern && { keyPattern: raw.keyPattern }),
    };
  });
}

/** The outcomes of a failed insertMany. */
export interface Verdict {
  readonly outcomes: Outcome[];
  /** The positions of duplicates in an index that the server does not name. */
  readonly unnamed: readonly number[];
  /** The message where the account may not write. */
  readonly blocked: string | undefined;
}

/**
 * The outcomes of an unordered insertMany by the errors of single documents; those without an error
 * are stored.
 */
export function classifyItems(writeErrors: readonly WriteErrorLike[], count: number): Verdict {
  const outcomes: Outcome[] = new Array<Outcome>(count).fill('stored');
  const unnamed: number[] = [];
  let blocked: string | undefined;
  for (const writeError of writeErrors) {
    const outcome = classifyItem(writeError);
    if (outcome === 'blocked') blocked ??= writeError.errmsg ?? '';
    else if (outcome === 'unnamed duplicate') unnamed.push(writeError.index);
    else outcomes[writeError.index] = outcome;
  }
  return { outcomes, unnamed, blocked };
}

/** The outcome of one document. A duplicate of `_id` is stored already. */
export function classifyItem({
  code,
  errmsg = '',
  keyPattern,
}: WriteErrorLike): Outcome | 'blocked' | 'unnamed duplicate' {
  if (code === UNAUTHORIZED) return 'blocked';
  if (code !== DUPLICATE)
    return RETRYABLE.has(code) ? 'retry' : { rejected: reasonOf(code, errmsg) };
  const violated = indexOf(errmsg, keyPattern);
  if (violated === undefined) return 'unnamed duplicate';
  return violated === '_id_' ? 'stored' : { rejected: `duplicate in the unique index ${violated}` };
}

/**
 * Not primary any more, shutting down, out of time, out of room: the same document may do later.
 */
const RETRYABLE = new Set([
  6, 7, 50, 64, 89, 91, 112, 133, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_388, 13_435, 13_436,
  14_031,
]);

function indexOf(
  errmsg: string,
  keyPattern: Record<string, unknown> | undefined,
): string | undefined {
  const keys = keyPattern && Object.keys(keyPattern);
  if (keys?.length === 1 && keys[0] === '_id') return '_id_';
  return /index: (?:\S+\$)?(\S+) dup key/.exec(errmsg)?.[1] ?? keys?.join(', ');
}

/** The server's message without what differs from document to document. */
function reasonOf(code: number, errmsg: string): string {
  const brief = errmsg
    .replace(/\{.*\}/s, '…')
    .replace(/(["'`]).*?\1/gs, '…')
    .split('\n')[0]!
    .slice(0, 120);
  return `MongoDB error ${code}${brief === '' ? '' : `: ${brief}`}`;
}

/** The driver wraps what happened to the batch: network errors sit in `errorResponse`. */
function wholeBatch(error: unknown): { code: number | undefined; name: string; message: string } {
  const inner = (error as { errorResponse?: unknown })?.errorResponse;
  const { code, name, message, errmsg } = (inner ?? error) as {
    code?: number;
    name?: string;
    message?: string;
    errmsg?: string;
  };
  const outer = error as { code?: number; name?: string; message?: string };
  return {
    code: code ?? outer.code,
    name: name ?? outer.name ?? '',
    message: message ?? errmsg ?? outer.message ?? '',
  };
}
