import { RejectedError } from '../../errors.js';
import { kanedaDocument } from '../../reports/kaneda-document.js';
import type { Report } from '../../reports/report.js';

/** RethinkDB's limit for primary keys, in bytes. */
const MAX_ID_BYTES = 127;

/**
 * The report as Kaneda's document, ready for JSON; its id is `id`. `metric` is in it, so that one
 * table can hold all types.
 * @throws RejectedError for an id that cannot be a primary key
 */
export function toDocument(report: Report): Record<string, unknown> {
  const { id } = report;
  if (Buffer.byteLength(id) > MAX_ID_BYTES || id.includes('\0'))
    throw new RejectedError(`id is longer than ${MAX_ID_BYTES} bytes or has a NUL`);
  return kanedaDocument(report, { id }, toJson);
}

/**
 * RethinkDB's numbers are doubles: a bigint beyond them stays exact as text. Keys cannot hold NUL.
 */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return toTime(value);
  if (Array.isArray(value)) return value.map(toJson);
  const document: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    document[key] = toJson((value as Record<string, unknown>)[key]);
  return document;
}

/** https://rethinkdb.com/docs/writing-drivers/: a time as a pseudotype. */
const toTime = (date: Date) => ({
  $reql_type$: 'TIME',
  epoch_time: date.getTime() / 1_000,
  timezone: '+00:00',
});

/** The table of a metric's type: RethinkDB's names have letters, digits, `_` and `-` alone. */
export const tableOf = (metric: string): string =>
  metric.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 127);

/** True if RethinkDB accepts the text as a name. */
export const isName = (name: string): boolean => /^[A-Za-z0-9_-]{1,127}$/.test(name);
