import { prefixedName } from '../../reports/field-names.js';
import type { Report } from '../../reports/report.js';

/** Elasticsearch refuses a whole bulk request when one id is longer than this (bytes of UTF-8). */
const ID_LIMIT = 512;

/** The numbers of an aggregated timing. They are mapped one by one; every other field is searched under `fields`. */
export const NUMBER_FIELDS = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'p50',
  'p90',
  'p95',
  'p99',
] as const;

const OWN_FIELDS = new Set([
  'host',
  'name',
  'metric',
  'tags',
  'labels',
  'fields',
  'unit',
  'app_name',
  '@timestamp',
  'timestamp',
  'start_timestamp',
]);
const MAPPED_NUMBERS: ReadonlySet<string> = new Set(NUMBER_FIELDS);

/** A report as two lines of a bulk request. */
export interface EncodedReport {
  /** The index it goes to: it must exist, or be made, before. */
  readonly index: string;
  /** The `create` action and the document, without the newline at the end. */
  readonly lines: string;
}

/** The index of a report: `NAME-YYYY.MM.DD`, the day (UTC) of the report's own time, so that a late one joins its day. */
export function indexOf(indexName: string, timestamp: Date): string {
  return `${indexName}-${timestamp.toISOString().replace(/T.*/, '').replaceAll('-', '.')}`;
}

/**
 * A report as the document that is stored: Kaneda's (`host`, `name`, `value` or the unpacked fields, `tags`, `app_name`,
 * `@timestamp`), and `metric`, which Kaneda kept in the document type that Elasticsearch no longer has. Tags with keys are under
 * `labels`.
 * @param keys - what to do with the keys of `labels` and `fields`, which are `flattened`; default: nothing.
 */
export function toDocument(
  report: Report,
  keys: (object: object) => unknown = (object) => object,
): Record<string, unknown> {
  const { fields, tags } = report;
  const document: Record<string, unknown> = {
    host: report.host,
    name: report.name,
    metric: report.metric,
  };
  if (report.value !== undefined) document.value = report.value;
  if (fields !== undefined) {
    // As Kaneda unpacks them; those that have no mapping of their own are searched in a copy.
    const copy: Record<string, unknown> = Object.create(null);
    for (const [key, value] of Object.entries(fields)) {
      document[topLevel(key, fields)] = value;
      if (!MAPPED_NUMBERS.has(key)) copy[key] = value;
    }
    if (!isEmpty(copy)) document.fields = keys(copy);
  }
  if (tags !== undefined && !isEmpty(tags))
    document[Array.isArray(tags) ? 'tags' : 'labels'] = Array.isArray(tags) ? tags : keys(tags);
  if (report.unit !== undefined) document.unit = report.unit;
  if (report.appName !== undefined) document.app_name = report.appName;
  document['@timestamp'] = report.timestamp;
  if (report.startTimestamp !== undefined) document.start_timestamp = report.startTimestamp;
  return document;
}

/** The report's lines in a bulk request, or why it can never be stored. */
export function encode(indexName: string, report: Report): EncodedReport | { rejected: string } {
  if (report.id === '' || Buffer.byteLength(report.id) > ID_LIMIT)
    return { rejected: `id not of 1 to ${ID_LIMIT} bytes` };
  try {
    const index = indexOf(indexName, report.timestamp);
    let document = stringify(toDocument(report));
    if (document.includes('\\u0000')) document = stringify(toDocument(report, withoutNul));
    return {
      index,
      lines: `{"create":{"_index":${JSON.stringify(index)},"_id":${JSON.stringify(report.id)}}}\n${document}`,
    };
  } catch (error) {
    return { rejected: `not JSON (${(error as Error).name})` };
  }
}

/**
 * Keys that would hide a field of ours, or that Elasticsearch keeps for itself (`_id`) or refuses (blank ones), get a prefix, as
 * often as it takes.
 */
function topLevel(key: string, given: object): string {
  if (!OWN_FIELDS.has(key) && !key.startsWith('_') && key.trim() !== '') return key;
  return prefixedName(key, given);
}

/** A `flattened` field refuses NUL in keys, at any depth: it is written as `\0`, two characters. */
function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replaceAll('\0', '\\0'), withoutNul(inner)]),
  );
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** JSON knows no bigint. Those that are safe as numbers were made numbers before; the others keep every digit as text. */
function stringify(document: object): string {
  try {
    return JSON.stringify(document);
  } catch {
    // A replacer makes every document slower, so only one that needs it gets it.
    return JSON.stringify(document, (_key, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  }
}
