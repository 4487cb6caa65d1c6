import { codeOf, isOwnError } from '../../error-code.js';
import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';
import type { Answer } from './client.js';

/** A field that the store has with another type than the one sent. */
export interface Conflict {
  readonly measurement?: string;
  readonly field: string;
  /** `integer`, `float`, `string`, `boolean`, as the store calls it; `tag` in InfluxDB 3. */
  readonly existing: string;
}

/** The times, in nanoseconds, that a store takes no point before and after. */
export interface Bounds {
  readonly lower?: bigint;
  readonly upper?: bigint;
}

/** The details of a refusal about the points that it means. */
export interface Evidence {
  /** The type conflict that the answer names, if it is one. */
  readonly conflict?: Conflict | undefined;
  /** The refused lines by their position, where the store says (InfluxDB 3). */
  readonly lines?: ReadonlyMap<number, string>;
  /** The number of points that were dropped only because of their time. */
  readonly dropped?: number;
  readonly bounds?: Bounds;
}

/**
 * Some points are stored, others not: which ones is up to the evidence, or to asking again with
 * fewer.
 */
export class PartialWriteError extends RejectedError {
  constructor(
    reason: string,
    readonly evidence: Evidence,
  ) {
    super(reason);
    this.name = 'PartialWriteError';
  }
}

/** True for a refusal of some points, or of all for what they are. */
export const isPartialWrite = (error: unknown): error is PartialWriteError =>
  isOwnError(error, 'KANEDA_REJECTED') && 'evidence' in error;

/** Thrown when the database is not there: create it and write again. */
export class NoDatabaseError extends Error {
  readonly code = 'NO_DATABASE';
}

/** True for the answer that the database is not there. */
export const isNoDatabase = (error: unknown): error is NoDatabaseError =>
  codeOf(error) === 'NO_DATABASE';

/** The remedies for an administrator, per version of the interface. */
export interface Remedies {
  readonly credentials: string;
  readonly rights: string;
  readonly retention: string;
  /** The path that lines are posted to, and what to do when the server does not know it. */
  readonly path: { readonly used: string; readonly remedy: string };
}

/** An answer other than a successful write, as an error with its status. */
class AnswerError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * True when the server has stored every line, which it answers without a body. A page or text of a
 * proxy or of another service does not count, whatever its status.
 */
export function isStored(answer: Answer): boolean {
  const { status, body } = answer;
  return status >= 200 && status < 300 && (body.trim() === '' || hasName(answer));
}

/**
 * The error that the answer to a write means. Only what the store itself says of points refuses
 * them: what comes from a proxy, or from another service, leaves them waiting.
 * https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint, …/v2/api/,
 * …/influxdb3/core/write-data/http-api/
 * @returns one of the errors that the base class knows, PartialWriteError or NoDatabaseError
 */
export function classifyFailure(answer: Answer, count: number, remedies: Remedies): Error {
  const { status } = answer;
  const reason = reasonOf(answer);
  const own = isOwn(answer);
  switch (status) {
    case 401:
      return new ImproperlyConfiguredError(
        `InfluxDB refuses the credentials (${reason}): ${remedies.credentials}`,
      );
    case 403:
      return new ImproperlyConfiguredError(
        `InfluxDB refuses the write (${reason}): ${remedies.rights}`,
      );
    case 404:
      return isMissing(answer) ? new NoDatabaseError(reason) : wrongPath(status, reason, remedies);
    case 405:
    case 501:
      return wrongPath(status, reason, remedies);
    case 413:
      return tooLarge(own, count, reason);
    case 500:
      return /retention policy not found/.test(reason)
        ? new ImproperlyConfiguredError(`InfluxDB: ${reason}: ${remedies.retention}`)
        : answerError(status, reason);
    case 400:
    case 422:
      return own && isOfPoints(answer, reason)
        ? refusal(answer, reason)
        : wrongPath(status, reason, remedies);
    default:
      return status < 400 ? wrongPath(status, reason, remedies) : answerError(status, reason);
  }
}

const answerError = (status: number, reason: string): Error =>
  new AnswerError(`InfluxDB answers ${status}: ${reason}`, status);

const wrongPath = (status: number, reason: string, { path }: Remedies): Error =>
  new ImproperlyConfiguredError(
    `the server answers ${status} to ${path.used}, which is not InfluxDB's answer (${reason}): ${path.remedy}`,
  );

/** A proxy's limit says nothing of a single report: it waits until the limit is raised. */
function tooLarge(own: boolean, count: number, reason: string): Error {
  if (own || count > 1) return new SplitError('too large for InfluxDB');
  return new AnswerError(
    `a proxy before InfluxDB answers 413 to a single report: ${reason}: raise its limit of bytes`,
    413,
  );
}

/**
 * A server that does not know a path repeats it, and our path contains words that stores use too.
 */
const withoutPaths = (reason: string): string => reason.replace(/\/\S*/g, '');

/** True when the store knows the path, and not the database, bucket or organisation. */
export function isMissing({ body }: Answer): boolean {
  const { error, message } = parseBody(body);
  return /\b(database|bucket|org|organization|dbrp)\b/i.test(
    withoutPaths(String(error ?? message ?? '')),
  );
}

/** The names that proxies' and frameworks' JSON errors have, and no store's. */
const FOREIGN_KEYS = ['status', 'statusCode', 'path', 'timestamp'];

/** True for an answer of InfluxDB, or of a store that takes its place, itself. */
const isOwn = (answer: Answer): boolean => hasName(answer) || hasJson(answer);

/** True where InfluxDB 1 or 2 gives its name. */
function hasName({ headers }: Answer): boolean {
  const { 'x-influxdb-version': version, 'x-influxdb-build': build } = headers;
  return version !== undefined || build !== undefined;
}

/** The words in which stores refuse points; the errors of proxies have none of them. */
const POINTS =
  /line protocol|write_lp|partial write|write buffer|unable to parse|parse failure|field type|\b(lines?|points?|columns?|tables?|measurements?|timestamps?|catalog|retention|utf-?8)\b/i;

/** True for a refusal of what was written; InfluxDB 3 and others do not give their names. */
function isOfPoints(answer: Answer, reason: string): boolean {
  if (/^unsupported path/.test(reason)) return false;
  return hasName(answer) || refusedLines(answer.body).size > 0 || POINTS.test(withoutPaths(reason));
}

function hasJson({ body }: Answer): boolean {
  const json = parseBody(body);
  if (FOREIGN_KEYS.some((key) => Object.hasOwn(json, key))) return false;
  const { error, code, message } = json;
  return typeof error === 'string' || (typeof code === 'string' && typeof message === 'string');
}

function refusal(answer: Answer, reason: string): RejectedError {
  const late = outOfTime(reason);
  if (late !== undefined) return late;
  const lines = refusedLines(answer.body);
  const conflict =
    conflictOf(reason) ?? [...lines.values()].map(conflictOf).find((found) => found !== undefined);
  if (conflict === undefined && lines.size === 0 && !/partial write/.test(reason))
    return new RejectedError(brief(reason));
  return new PartialWriteError(brief(reason), { conflict, lines });
}

/**
 * Points that are too old, or outside of a write window. Versions differ in their words, and the
 * newer ones quote points: `points beyond retention policy dropped=1`, `dropped 2 points outside
 * retention policy of duration 1h0m0s - oldest point … at … dropped because it violates a Retention
 * Policy Lower Bound at 2026-11-28T04:22:19.840451682Z, newest point … dropped=2 for …`.
 */
function outOfTime(reason: string): PartialWriteError | undefined {
  if (!/points (beyond|outside) (retention policy|write window)/.test(reason)) return undefined;
  const dropped = Number(
    /.*\bdropped=(\d+)/s.exec(reason)?.[1] ?? /\bdropped (\d+) points/.exec(reason)?.[1],
  );
  const window = /violates a Write Window/.test(reason);
  return new PartialWriteError(
    window ? 'points outside the write window' : 'points beyond retention policy',
    { dropped, bounds: boundsOf(reason) },
  );
}

function boundsOf(reason: string): Bounds {
  let bounds: Bounds = {};
  for (const [, side, time] of reason.matchAll(/ (Lower|Upper) Bound at (\S+?)(?=,| |$)/g)) {
    const at = nanosecondsOf(time!);
    if (at !== undefined) bounds = { ...bounds, [side!.toLowerCase()]: at };
  }
  return bounds;
}

/** `2026-11-28T04:22:19.840451682Z` in nanoseconds since 1970. */
function nanosecondsOf(time: string): bigint | undefined {
  const [, whole, fraction = ''] = /^([^.]+?)(?:\.(\d+))?Z$/.exec(time) ?? [];
  const milliseconds = Date.parse(`${whole}Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/**
 * `input field "value" on measurement "gauge" is type float, already exists as type integer` (1 and
 * 2); the column's types (3).
 */
function conflictOf(text: string): Conflict | undefined {
  const found =
    /input field "(.*)" on measurement "(.*)" is type \w+, already exists as type (\w+)/s.exec(
      text,
    );
  if (found !== null) return { field: found[1]!, measurement: found[2]!, existing: found[3]! };
  const column =
    /column type for column '(.*)', expected iox::column_type::(?:field::)?(\w+)/s.exec(text);
  return column === null ? undefined : { field: column[1]!, existing: column[2]! };
}

/** InfluxDB 3 lists the lines it refused, counted from 1. */
function refusedLines(body: string): Map<number, string> {
  const lines = new Map<number, string>();
  const { data } = parseBody(body);
  for (const entry of Array.isArray(data) ? data : []) {
    if (Number.isInteger(entry?.line_number))
      lines.set(entry.line_number - 1, brief(String(entry.error_message)));
  }
  return lines;
}

/** The server's own words: of JSON its message, of plain text or of a page the first line. */
export function reasonOf({ status, body }: Answer): string {
  const { error, message } = parseBody(body);
  const words = [error, message].find((one): one is string => typeof one === 'string');
  return words ?? (firstLine(body) || `status ${status}`);
}

const firstLine = (body: string): string =>
  (/^\s*</.test(body) ? (/<(?:title|h\d)>([^<]*)/i.exec(body)?.[1] ?? '') : body)
    .trim()
    .split('\n')[0]!
    .slice(0, 300);

function parseBody(body: string): {
  error?: unknown;
  message?: unknown;
  data?: unknown;
  code?: unknown;
} {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Without what differs from report to report, so that the ledger can count by it. */
function brief(reason: string): string {
  return reason
    .replace(/^failure writing points to database: /, '')
    .replace(/^partial write: /, '')
    .replace(/ dropped=\d+( for database: .*)?$/s, '')
    .replace(/ value="(\\.|[^"\\])*"/s, '')
    .replace(/exceeded(:? )\(?\d+(?: > |\/)(\d+)\)?/, 'exceeded$1$2')
    .replace(/unable to parse '.*': /s, 'unable to parse: ')
    .replace(/incorrect influx line "(\\.|[^"\\])*"/s, 'incorrect influx line')
    .replace(/^failed to parse line protocol:\s*errors encountered on line\(s\):\s*/, '')
    .replace(/error in line \d+: /g, '')
    .slice(0, 200);
}
