import { RejectedError } from '../../errors.js';
import { prefixedName } from '../../reports/field-names.js';
import { millisecondOf, sequenceOf } from '../../reports/ids.js';
import type { Report } from '../../reports/report.js';
import {
  type FieldTyping,
  type FieldValue,
  fieldText,
  keyText,
  measurementText,
  tagText,
} from './line-text.js';

/** Which parts of a report are tags and which are fields. */
export interface Layout {
  /** The report's name as a tag; else as a field, as Kaneda has it. */
  readonly nameAsTag: boolean;
  /** The process as a tag; else as a field, so that a restart makes no new series. */
  readonly instanceAsTag?: boolean;
  /** The store takes texts in tags alone (VictoriaMetrics): distributions are left out. */
  readonly numbersOnly?: boolean;
  /** No tag may be called like a field of any other report (InfluxDB 3). */
  readonly tagsAreColumns?: boolean;
}

/** A report on its way to a line. */
export interface Point {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, FieldValue>;
  /** Nanoseconds since 1970, decimal. */
  readonly time: string;
}

/**
 * Tags of the application that would be confused with ours, or that a store reserves: InfluxDB the
 * underscored, QuestDB `timestamp`.
 */
const RESERVED_TAGS: ReadonlySet<string> = new Set([
  '',
  'host',
  'name',
  'app_name',
  'tags',
  'value',
  'time',
  'timestamp',
  '_field',
  '_measurement',
]);

/** QuestDB's names are the same in capitals. */
const isTimestamp = (key: string): boolean => key.length === 9 && key.toLowerCase() === 'timestamp';

/** True for a tag that is stored under another name. */
export const isReserved = (key: string): boolean => RESERVED_TAGS.has(key) || isTimestamp(key);

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;

/**
 * The report as one line of line protocol, without a newline.
 * https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 * @throws RejectedError for what line protocol cannot express
 */
export function toLine(report: Report, layout: Layout, types: FieldTyping): string {
  return writeLine(toDocument(report, layout), types);
}

/**
 * Fields of ours beside Kaneda's. A report can do without them where a store has other columns of
 * these names.
 */
const OPTIONAL_FIELDS: ReadonlySet<string> = new Set(['instance', 'distribution']);

export const isOptional = (field: string): boolean => OPTIONAL_FIELDS.has(field);

/**
 * A report as a point: the metric's type is the measurement, host and tags are tags, name and
 * values are fields.
 * @throws RejectedError when nothing is left to write
 */
export function toDocument(report: Report, layout: Layout): Point {
  const fields = fieldsOf(report, layout);
  if (fields.size === 0) throw new RejectedError('no value that InfluxDB can hold');
  addOptional(report, layout, fields);
  return {
    measurement: report.metric,
    tags: tagsOf(report, layout, fields),
    fields,
    time: nanoseconds(report),
  };
}

function fieldsOf({ name, value, fields: given = {} }: Report, { nameAsTag }: Layout) {
  const fields = new Map<string, FieldValue>();
  if (!nameAsTag) fields.set('name', name);
  flatten('value', value, fields);
  for (const [key, item] of Object.entries(given))
    flatten(isOptional(key) ? prefixedName(key, given) : key, item, fields);
  return fields;
}

/**
 * A tag `instance` of the application's own stays what it is, and says in our place where a report
 * is from.
 */
function addOptional(report: Report, layout: Layout, fields: Map<string, FieldValue>): void {
  const { instance, distribution, tags = {} } = report;
  const isTag = layout.instanceAsTag === true;
  const isTagOfUser = layout.tagsAreColumns !== true && Object.hasOwn(tags, 'instance');
  if (instance !== undefined && !isTag && !isTagOfUser) fields.set('instance', instance);
  if (distribution !== undefined && layout.numbersOnly !== true)
    fields.set('distribution', JSON.stringify(distribution));
}

function tagsOf(
  report: Report,
  layout: Layout,
  fields: ReadonlyMap<string, FieldValue>,
): Map<string, string> {
  const tags = new Map([['host', report.host]]);
  if (report.appName !== undefined) tags.set('app_name', report.appName);
  if (layout.nameAsTag) tags.set('name', report.name);
  if (layout.instanceAsTag && report.instance !== undefined) tags.set('instance', report.instance);
  if (Array.isArray(report.tags)) return tags.set('tags', [...report.tags].sort().join(','));
  const isTaken = (key: string): boolean =>
    // A field of the same name would hide it from queries, and InfluxDB 3 refuses both.
    isReserved(key) ||
    fields.has(key) ||
    (isOptional(key) && (layout.tagsAreColumns === true || tags.has(key)));
  for (const [key, value] of Object.entries(report.tags ?? {}))
    tags.set(isTaken(key) ? `tag_${key}` : key, String(value));
  return tags;
}

/**
 * A time of its own for each report: a point is identified by measurement, tags and time alone, and
 * the reports of one collection share their millisecond. The rest comes from the id, so that a
 * repeat, from whichever process, overwrites itself. Only past a million reports of one millisecond
 * does a report move to a later one.
 */
export function nanoseconds(report: Pick<Report, 'id' | 'timestamp'>): string {
  const milliseconds = millisecondOf(report);
  const rest = sequenceOf(report.id);
  if (milliseconds > 0) return `${milliseconds}${String(rest).padStart(6, '0')}`;
  return String(BigInt(milliseconds) * 1_000_000n + BigInt(rest));
}

/**
 * Nested objects become fields with dots in their names; a list becomes its JSON, InfluxDB has
 * none.
 */
function flatten(key: string, value: unknown, into: Map<string, FieldValue>): void {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'string':
      into.set(fieldKey(key), value);
      return;
    case 'bigint':
      into.set(fieldKey(key), value >= MIN_INTEGER && value <= MAX_INTEGER ? value : String(value));
      return;
    case 'object':
      if (value === null) return;
      if (value instanceof Date) into.set(fieldKey(key), value.toISOString());
      else if (Array.isArray(value)) into.set(fieldKey(key), JSON.stringify(value, plainBigint));
      else
        for (const [inner, item] of Object.entries(value)) flatten(`${key}.${inner}`, item, into);
      return;
    default:
      return;
  }
}

const fieldKey = (key: string): string =>
  key === 'time' || isTimestamp(key) || key === '' ? `field_${key}` : key;

function plainBigint(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** @throws RejectedError for text that no escape can express. */
export function writeLine(point: Point, types: FieldTyping): string {
  let line = measurementText(point.measurement);
  for (const [key, value] of point.tags) {
    // InfluxDB has no empty tag values.
    if (value !== '') line += `,${keyText(key, 'tag key')}=${tagText(value)}`;
  }
  let separator = ' ';
  for (const [key, value] of point.fields) {
    if (isOptional(key) && types.isTaken?.(point.measurement, key)) continue;
    line += `${separator}${keyText(key, 'field key')}=${fieldText(value, types, point.measurement, key)}`;
    separator = ',';
  }
  return `${line} ${point.time}`;
}
