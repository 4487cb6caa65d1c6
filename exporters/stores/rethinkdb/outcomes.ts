import type { Outcome } from '../../delivery/store.js';
import { ImproperlyConfiguredError, RejectedError } from '../../errors.js';

/** The database or the table is not there: make it and write again. */
export class MissingError extends Error {
  readonly code = 'TABLE_MISSING';
}

/**
 * A query that failed says this of itself; `message` would print the whole query, all reports with
 * it.
 */
interface DriverError {
  readonly name: string;
  readonly msg?: string;
  readonly message: string;
}

const CONFIGURATION = new Set(['ReqlAuthError', 'ReqlPermissionError']);
const PERMANENT = new Set([
  'ReqlQueryLogicError',
  'ReqlNonExistenceError',
  'ReqlUserError',
  'ReqlServerCompileError',
  'ReqlDriverCompileError',
  'TypeError',
]);

/**
 * The driver's error as the base class knows it, without the query in it.
 * https://rethinkdb.com/docs/error-types/
 * @param remedy the advice for a missing right or a wrong password
 */
export function classifyFailure(error: unknown, remedy: string): Error {
  const { name, msg, message } = error as DriverError;
  // A connection's own fault stands on the second line; with a query, documents may.
  const text = PERMANENT.has(name)
    ? firstLine(msg ?? message)
    : (msg ?? message).replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 200);
  if (CONFIGURATION.has(name))
    return new ImproperlyConfiguredError(`RethinkDB refuses (${text}): ${remedy}`);
  if (/ambiguous/.test(text)) {
    const config = "r.db('rethinkdb').table('table_config')";
    return new ImproperlyConfiguredError(
      `RethinkDB: ${text}: several of one name exist; find their ids in ${config} and delete all but one`,
    );
  }
  if (/does not exist/.test(text)) return new MissingError(text);
  if (PERMANENT.has(name) || /Client is buggy/.test(text))
    return new RejectedError(`RethinkDB: ${text}`);
  // An aborted signal's own reason, a connection that closed, a replica that is away: later it may
  // do.
  return msg === undefined && error instanceof Error ? error : new Error(`${name}: ${text}`);
}

/** The answer to an insert. `changes` are in the order of the documents, if they were asked for. */
export interface InsertAnswer {
  readonly errors: number;
  readonly first_error?: string;
  readonly changes?: readonly { readonly error?: string }[];
}

/**
 * The outcome of each document by an insert's answer; `undefined` where it does not say which were
 * refused.
 */
export function classifyItems(answer: InsertAnswer, count: number): Outcome[] | undefined {
  const { errors, first_error = 'unknown error', changes } = answer;
  if (errors === 0) return new Array<Outcome>(count).fill('stored');
  if (count === 1) return [refusal(first_error)];
  if (changes?.length !== count) return undefined;
  return changes.map(({ error }) => (error === undefined ? 'stored' : refusal(error)));
}

function refusal(error: string): Outcome {
  // The table's replicas are away, or the write was lost on the way: not the document's fault.
  if (
    /cannot perform (write|read)|primary replica|lost contact|not available|table_status/i.test(
      error,
    )
  )
    return 'retry';
  return { rejected: `RethinkDB: ${firstLine(error)}` };
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 200);
