import { prefixedName } from '../../reports/field-names.js';
import { NUMBER_FIELDS } from '../../reports/plain-json.js';
import type { Report } from '../../reports/report.js';
import { toHistogramField } from './distribution-field.js';

/** The fields that are ours: a custom's own of such a name is stored under another. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'name',
  'metric',
  'tags',
  'labels',
  'numeric_labels',
  'distribution',
  'distribution_scale',
  'distribution_bounds',
  'instance',
  'fields',
  'unit',
  'app_name',
  '@timestamp',
  'timestamp',
  'start_timestamp',
]);
/** They are mapped one by one; any other field is searched under `fields`. */
const MAPPED_NUMBERS: ReadonlySet<string> = new Set(NUMBER_FIELDS);
/**
 * The fields that are mapped as numbers or texts, where an object makes the document unstorable.
 */
const SCALARS: ReadonlySet<string> = new Set(['value', ...NUMBER_FIELDS]);

/**
 * The index of a report: `NAME-YYYY.MM.DD`, the day (UTC) of the report's own time, so that a late
 * one joins its day.
 */
export function indexOf(indexName: string, timestamp: Date): string {
  const day = Math.floor(timestamp.getTime() / DAY_MS);
  if (last.day !== day || last.indexName !== indexName) {
    const date = timestamp.toISOString().replace(/T.*/, '').replaceAll('-', '.');
    last = { indexName, day, index: `${indexName}-${date}` };
  }
  return last.index;
}

/** Tells an exporter's own indices: `app-*` finds those of `app-billing` as well. */
export const isOwnIndex = (indexName: string, index: string): boolean =>
  index.startsWith(`${indexName}-`) &&
  /^\d{4,}\.\d\d\.\d\d$/.test(index.slice(indexName.length + 1));

const DAY_MS = 86_400_000;
let last = { indexName: '', day: Number.NaN, index: '' };

/**
 * A report as the document that is stored: Kaneda's (`host`, `name`, `value` or the unpacked
 * fields, `tags`, `app_name`, `@timestamp`), `instance`, `distribution`, and `metric`, which Kaneda
 * kept in the document type that Elasticsearch no longer has. Tags with keys are under `labels`,
 * numbers also under `numeric_labels`.
 * @param keys - changes the keys of `labels` and `fields`; default: not at all.
 */
export function toDocument(
  report: Report,
  keys: (object: object) => unknown = (object) => object,
): Record<string, unknown> {
  const { tags } = report;
  const document: Record<string, unknown> = {
    host: report.host,
    name: report.name,
    metric: report.metric,
  };
  const searched = unpack(report, document);
  if (!isEmpty(searched)) document.fields = keys(searched);
  addDistribution(report, document);
  if (Array.isArray(tags)) {
    if (tags.length > 0) document.tags = tags;
  } else if (tags !== undefined) label(document, tags as Record<string, unknown>, keys);
  if (report.unit !== undefined) document.unit = report.unit;
  if (report.instance !== undefined) document.instance = report.instance;
  if (report.appName !== undefined) document.app_name = report.appName;
  document['@timestamp'] = report.timestamp;
  if (report.startTimestamp !== undefined) document.start_timestamp = report.startTimestamp;
  return document;
}

/**
 * Puts the value, or a custom's own fields as Kaneda unpacks them, into the document.
 * @returns a copy of those that have no mapping of their own, to be searched there.
 */
function unpack({ value, fields }: Report, document: Record<string, unknown>): object {
  const searched: Record<string, unknown> = Object.create(null);
  if (isScalarOrList(value)) document.value = value;
  else if (value !== undefined) searched.value = value;
  for (const [key, own] of Object.entries(fields ?? {})) {
    const fits = !SCALARS.has(key) || isScalarOrList(own);
    if (fits) document[topLevel(key, fields!)] = own;
    if (!fits || !MAPPED_NUMBERS.has(key)) searched[key] = own;
  }
  return searched;
}

/** Scale or bounds are for readers of the document: with them they can rebuild the buckets. */
function addDistribution(
  { distribution, fields }: Report,
  document: Record<string, unknown>,
): void {
  if (distribution === undefined) return;
  const field = toHistogramField(distribution, fields);
  if (field === undefined) return;
  document.distribution = field;
  if ('scale' in distribution) document.distribution_scale = distribution.scale;
  else document.distribution_bounds = distribution.bounds;
}

function label(
  document: Record<string, unknown>,
  tags: Readonly<Record<string, unknown>>,
  keys: (object: object) => unknown,
): void {
  const entries = Object.entries(tags).map(
    ([key, value]) => [isBlank(key) ? prefixedName(key, tags) : key, value] as const,
  );
  if (entries.length === 0) return;
  document.labels = keys(Object.fromEntries(entries));
  const numbers = entries.filter(([, value]) => typeof value === 'number');
  if (numbers.length > 0) document.numeric_labels = keys(Object.fromEntries(numbers));
}

/** Tells the names that Elasticsearch refuses: those of white space alone, as Java knows it. */
const isBlank = (name: string): boolean => /^[\s\p{Cc}]*$/u.test(name);

/** Anything that a field of numbers or texts takes: no object, at no depth of a list. */
function isScalarOrList(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isScalarOrList);
  return (
    value !== undefined && (typeof value !== 'object' || value === null || value instanceof Date)
  );
}

/**
 * The name of a custom's own field. Elasticsearch takes a dot for the way into an object: a name
 * that is ours, or leads into a field of ours, or that it keeps for itself (`_id`) or refuses (a
 * blank one) gets a prefix. Dots with nothing between them become look-alikes.
 */
function topLevel(key: string, given: object): string {
  const parts = key.split('.');
  const [first = ''] = parts;
  const isPath = parts.length > 1;
  if (isPath && parts.some(isBlank)) return topLevel(key.replaceAll('.', '\uff0e'), given);
  const taken = OWN_FIELDS.has(first) || (isPath && SCALARS.has(first));
  return taken || key.startsWith('_') || isBlank(key) ? prefixedName(key, given) : key;
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
