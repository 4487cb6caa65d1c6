import type { Distribution } from '../../reports/distribution.js';
import { isNumberField } from '../../reports/plain-json.js';
import { onePiece } from '../../reports/quoted.js';
import type { Report } from '../../reports/report.js';
import { isOptional, isReserved, type Layout, nanoseconds, toLine } from './documents.js';
import {
  type FieldTyping,
  type FieldValue,
  fieldText,
  keyText,
  measurementText,
  tagText,
} from './line-text.js';

const NONE: Readonly<Record<string, unknown>> = {};

/**
 * The report as one line of line protocol, without a newline.
 * @throws RejectedError for what line protocol cannot express.
 */
export const encode = (report: Report, layout: Layout, types: FieldTyping): string =>
  plainLine(report, layout, types) ?? toLine(report, layout, types);

/**
 * The line of a plain report, the same as {@link toLine}'s, without the point in
 * between.
 * @returns nothing for a report that is not plain: names that are stored otherwise, a list of tags,
 * an object as a value.
 * @throws RejectedError for text that no escape can express.
 */
export function plainLine(report: Report, layout: Layout, types: FieldTyping): string | undefined {
  const { fields = NONE, tags = NONE } = report;
  const own = ownFields(report, fields, layout.nameAsTag, types);
  const given = own && plainTags(tags, fields);
  if (own === undefined || given === undefined) return undefined;
  return `${headOf(report, layout)}${given} ${own}${optionalFields(report, layout, types)} ${nanoseconds(report)}`;
}

function plainTags(
  tags: NonNullable<Report['tags']> | typeof NONE,
  fields: object,
): string | undefined {
  if (Array.isArray(tags)) return undefined;
  let text = '';
  const given = tags as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(given)) {
    if (isReserved(key) || isOptional(key) || Object.hasOwn(fields, key)) return undefined;
    const tag = String(given[key]);
    // InfluxDB has no empty tag values.
    if (tag !== '') text += `,${keyText(key, 'tag key')}=${tagText(tag)}`;
  }
  return text;
}

/** The fields that a report cannot do without. */
function ownFields(
  { metric, name, value }: Report,
  fields: Readonly<Record<string, unknown>>,
  nameAsTag: boolean,
  types: FieldTyping,
): string | undefined {
  let line = nameAsTag ? '' : `name=${fieldText(name, types, metric, 'name')}`;
  let comma = nameAsTag ? '' : ',';
  if (isPlain(value)) {
    line += `${comma}value=${fieldText(value, types, metric, 'value')}`;
    comma = ',';
  } else if (value !== undefined) return undefined;
  for (const key of Object.keys(fields)) {
    const field = fields[key];
    if (!isPlain(field)) return undefined;
    // Those of an aggregated timing need no escape: they are nine of ten.
    const isKnown = isNumberField(key);
    if (!isKnown && (isReserved(key) || isOptional(key))) return undefined;
    const text = isKnown ? key : keyText(key, 'field key');
    line += `${comma}${text}=${fieldText(field, types, metric, key)}`;
    comma = ',';
  }
  return line === '' ? undefined : line;
}

const isPlain = (value: unknown): value is Exclude<FieldValue, bigint> =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';

function optionalFields(
  { metric, instance, distribution }: Report,
  layout: Layout,
  types: FieldTyping,
): string {
  let text = '';
  if (instance !== undefined && layout.instanceAsTag !== true && isKept(types, metric, 'instance'))
    text += `,instance=${fieldText(instance, types, metric, 'instance')}`;
  if (
    distribution !== undefined &&
    layout.numbersOnly !== true &&
    isKept(types, metric, 'distribution')
  )
    text += `,distribution="${distributionText(distribution)}"`;
  return text;
}

/** The JSON of a distribution within quotes. */
function distributionText(distribution: Distribution): string {
  if ('bounds' in distribution) return JSON.stringify(distribution).replaceAll('"', '\\"');
  const { scale, zeroCount, offset, counts } = distribution;
  return `{\\"scale\\":${scale},\\"zeroCount\\":${zeroCount},\\"offset\\":${offset},\\"counts\\":${JSON.stringify(counts)}}`;
}

const isKept = (types: FieldTyping, metric: string, field: string): boolean =>
  types.isTaken?.(metric, field) !== true;

/** The beginning of the last line: those of a metric share it. */
let head = headFor({ metric: '', host: '' });

function headOf(report: Report, { nameAsTag, instanceAsTag }: Layout): string {
  const { metric, host, appName } = report;
  const name = nameAsTag ? report.name : undefined;
  const instance = instanceAsTag === true ? report.instance : undefined;
  const isSame =
    head.metric === metric &&
    head.host === host &&
    head.appName === appName &&
    head.name === name &&
    head.instance === instance;
  if (!isSame) head = headFor({ metric, host, appName, name, instance });
  return head.text;
}

/** The beginnings of lines: the measurement, and the tags that are ours. */
interface Head {
  readonly metric: string;
  readonly host: string;
  readonly appName?: string | undefined;
  readonly name?: string | undefined;
  readonly instance?: string | undefined;
}

function headFor({ metric, host, appName, name, instance }: Head): Head & { text: string } {
  let text = measurementText(metric);
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') text += `,${key}=${tagText(value)}`;
  };
  add('host', host);
  add('app_name', appName);
  add('name', name);
  add('instance', instance);
  return { metric, host, appName, name, instance, text: onePiece(text) };
}
