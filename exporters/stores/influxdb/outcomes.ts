import { ImproperlyConfiguredError, RejectedError, SplitError } from '../../errors.js';
import type { Answer } from './connection.js';

/** A field that the store has with another type than the one sent. */
export interface Conflict {
  readonly measurement?: string;
  readonly field: string;
  /** `integer`, `float`, `string`, `boolean`, as the store calls it. */
  readonly existing: string;
}

/** Some points are stored, others not: which ones is up to the conflict, or to asking again with fewer. */
export class PartialWriteError extends RejectedError {
  constructor(
    reason: string,
    /** The type conflict that the answer names, if it is one. */
    readonly conflict: Conflict | undefined,
    /** The refused lines by their position, where the store says (InfluxDB 3). */
    readonly lines: ReadonlyMap<number, string> = new Map(),
    /** Every point of the write was refused for this reason. */
    readonly all = false,
  ) {
    super(reason);
    this.name = 'PartialWriteError';
  }
}

/** Thrown when the database is not there: create it and write again. */
export class NoDatabaseError extends Error {}

/** What to say to an administrator, per version of the interface. */
export interface Remedies {
  readonly credentials: string;
  readonly rights: string;
  readonly retention: string;
}

/**
 * What the answer to a write means; returns when everything is stored.
 * https://docs.influxdata.com/influxdb/v1/tools/api/#write-http-endpoint, …/v2/api/, …/influxdb3/core/write-data/http-api/
 * @throws one of the errors that the base class knows, PartialWriteError or NoDatabaseError
 */
export function judge(answer: Answer, count: number, remedies: Remedies): void {
  const { status } = answer;
  if (status >= 200 && status < 300) return;
  const reason = reasonOf(answer);
  if (status === 401)
    throw new ImproperlyConfiguredError(
      `InfluxDB refuses the credentials (${reason}): ${remedies.credentials}`,
    );
  if (status === 403)
    throw new ImproperlyConfiguredError(
      `InfluxDB refuses the write (${reason}): ${remedies.rights}`,
    );
  if (status === 404) throw new NoDatabaseError(reason);
  if (status === 413) throw new SplitError('too large for InfluxDB');
  if (status === 500 && /retention policy not found/.test(reason)) {
    throw new ImproperlyConfiguredError(`InfluxDB: ${reason}: ${remedies.retention}`);
  }
  if (status === 400 || status === 422) throw refused(answer, reason, count);
  throw new Error(`InfluxDB answers ${status}: ${reason}`);
}

function refused(answer: Answer, reason: string, count: number): RejectedError {
  const lines = refusedLines(answer.body);
  const conflict =
    conflictOf(reason) ?? [...lines.values()].map(conflictOf).find((found) => found !== undefined);
  if (conflict === undefined && lines.size === 0 && !/partial write/.test(reason))
    return new RejectedError(brief(reason));
  const dropped = Number(/dropped=(\d+)/.exec(reason)?.[1]);
  // The count is exact for points that are too old only; for type conflicts and bad lines it is not.
  const all = /beyond retention policy/.test(reason) && dropped === count;
  return new PartialWriteError(brief(reason), conflict, lines, all);
}

/** `input field "value" on measurement "gauge" is type float, already exists as type integer` (1 and 2); the column's types (3). */
export function conflictOf(text: string): Conflict | undefined {
  const found =
    /input field "(.*)" on measurement "(.*)" is type \w+, already exists as type (\w+)/s.exec(
      text,
    );
  if (found !== null) return { field: found[1]!, measurement: found[2]!, existing: found[3]! };
  const column = /column type for column '(.*)', expected iox::column_type::field::(\w+)/s.exec(
    text,
  );
  return column === null ? undefined : { field: column[1]!, existing: column[2]! };
}

/** InfluxDB 3 lists the lines it refused, counted from 1. */
function refusedLines(body: string): Map<number, string> {
  const lines = new Map<number, string>();
  const { data } = parsed(body);
  for (const entry of Array.isArray(data) ? data : []) {
    if (Number.isInteger(entry?.line_number))
      lines.set(entry.line_number - 1, brief(String(entry.error_message)));
  }
  return lines;
}

function reasonOf({ status, body }: Answer): string {
  const { error, message } = parsed(body);
  return String(error ?? message ?? (body.trim().slice(0, 300) || http(status)));
}

const http = (status: number): string => `status ${status}`;

function parsed(body: string): { error?: unknown; message?: unknown; data?: unknown } {
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
    .replace(/ dropped=\d+$/, '')
    .replace(/unable to parse '.*': /s, 'unable to parse: ')
    .slice(0, 200);
}
