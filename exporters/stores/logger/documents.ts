import { prefixedName } from '../../reports/field-names.js';
import type { Report } from '../../reports/report.js';
import { plainLine } from './plain-line.js';

const OWN = new Set([
  'host',
  'instance',
  'name',
  'metric',
  'tags',
  'unit',
  'app_name',
  'distribution',
  'timestamp',
  'start_timestamp',
  'id',
]);

/**
 * A report as it is logged: Kaneda's document (`host`, `name`, `metric`, `value` or the unpacked
 * fields, `tags`, `timestamp`) and its `id`. Everything in it can be written as JSON.
 */
export function toDocument(report: Report): Record<string, unknown> {
  const { fields } = report;
  const document: Record<string, unknown> = {
    id: report.id,
    host: report.host,
    name: report.name,
    metric: report.metric,
  };
  if (report.value !== undefined) document.value = plain(report.value);
  if (fields !== undefined)
    for (const key of Object.keys(fields)) document[freeName(key, fields)] = plain(fields[key]);
  if (report.distribution !== undefined) document.distribution = report.distribution;
  if (report.tags !== undefined) document.tags = report.tags;
  if (report.unit !== undefined) document.unit = report.unit;
  if (report.instance !== undefined) document.instance = report.instance;
  if (report.appName !== undefined) document.app_name = report.appName;
  document.timestamp = report.timestamp.toISOString();
  if (report.startTimestamp !== undefined)
    document.start_timestamp = report.startTimestamp.toISOString();
  return document;
}

/** The document as one line of JSON, newline included, or why it cannot be one. */
export function toLine(report: Report): string | { rejected: string } {
  try {
    return plainLine(report) ?? `${JSON.stringify(toDocument(report))}\n`;
  } catch (error) {
    return { rejected: `not JSON (${error instanceof Error ? error.name : 'unknown'})` };
  }
}

/** A field that would hide one of ours is prefixed, as often as it takes. */
function freeName(key: string, given: object): string {
  return OWN.has(key) ? prefixedName(key, given) : key;
}

/** JSON has no bigint: a bigint beyond the safe numbers keeps every digit as text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
