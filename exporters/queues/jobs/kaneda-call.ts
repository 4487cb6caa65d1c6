import { type Distribution, isDistribution } from '../../reports/distribution.js';
import { isRecord } from '../../reports/is-record.js';
import { ownHost } from '../../reports/own-host.js';
import { Float } from '../../reports/python-repr.js';
import type { Report } from '../../reports/report.js';
import { UnfitValue } from '../../reports/unfit-value.js';
import { fitFields, fitTags, fitValue, isPlain, LIMITS } from '../../reports/value-policy.js';
import { MessageError } from '../errors.js';

const MAX_BUCKETS = 65_536;
/** Characters of a name, an id, a host. */
const MAX_TEXT_CHARACTERS = 1_024;

/** Kaneda's task takes these five, in this order: name, metric, value, tags, id. */
export type Arguments = readonly [
  name: string,
  metric: string,
  value: unknown,
  tags: unknown,
  id: string | null,
];

/** The origin of a job that carries only Kaneda's five arguments. */
export interface Origin {
  /**
   * The job's own id: the report's when the fifth argument is None. It stays the same when the job
   * is delivered again.
   */
  id: string;
  /**
   * The time at which the job was enqueued, where the queue keeps that; else the worker's time, as
   * Kaneda has it.
   */
  time?: Date | undefined;
}

/**
 * Returns the five arguments of Kaneda's task for a report. The fifth is always the report's id, so
 * that any worker stores a redelivered job once. Numbers of a timing go as floats: a store that
 * fixes a field's type by its first number must not see an integer there. A date goes as its text
 * in ISO 8601, which every version of every codec has.
 */
export function toKanedaArguments(report: Report): Arguments {
  const given = oneValue(report);
  const value = hasDate(given) ? withTexts(given) : given;
  return [
    report.name,
    report.metric,
    report.metric === 'timing' ? withFloats(value) : value,
    report.tags ?? null,
    report.id,
  ];
}

/**
 * Kaneda's one argument for both: an aggregated timing has its mean among its fields, for workers
 * that unpack them.
 */
function oneValue({ fields, value }: Report): unknown {
  return fields === undefined || value === undefined
    ? (fields ?? value ?? null)
    : { value, ...fields };
}

/** Most have none, and then nothing is copied. */
function hasDate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Date || Object.values(value).some(hasDate);
}

/** JSON's null for an invalid date, as `JSON.stringify` has it. */
function withTexts(value: unknown): unknown {
  if (value instanceof Date) return value.toJSON();
  return mapValues(value, withTexts);
}

function withFloats(value: unknown): unknown {
  if (typeof value === 'number') return new Float(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // How many there were is a count, whatever is measured.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key !== 'count' && typeof item === 'number' ? new Float(item) : item,
    ]),
  );
}

/**
 * Reads the report that a call of Kaneda's task stands for.
 * @throws MessageError when the arguments are not Kaneda's.
 */
export function fromKanedaArguments(args: unknown, origin: Origin): Report {
  const [name, metric, value, tags, id] = checkArguments(args);
  const report: Report = {
    id: id === null ? origin.id : textOf('id', id),
    name: textOf('name', name),
    metric: textOf('metric', metric),
    timestamp: origin.time ?? new Date(),
    host: ownHost(),
  };
  if (isRecord(value)) report.fields = enforceLimits(fieldsOf, value);
  else report.value = valueFrom(value);
  if (tags !== null) report.tags = tagsFrom(tags);
  return report;
}

/** @throws MessageError for a call of another task than the one that is `known`. */
export function checkTask(task: unknown, known: string): void {
  if (task === known) return;
  const text = typeof task === 'string' ? JSON.stringify(task.slice(0, 100)) : typeof task;
  throw new MessageError(`unknown task ${text}`);
}

/** @throws MessageError when these are not five. */
export function checkArguments(args: unknown): readonly unknown[] {
  if (!Array.isArray(args)) throw new MessageError('the arguments are not a list');
  if (args.length !== 5)
    throw new MessageError(`Kaneda's task takes 5 arguments, not ${args.length}`);
  return args;
}

/**
 * Reads the report that travelled whole beside the arguments.
 * @throws MessageError when it is not a report.
 */
export function decodeWholeReport(carried: unknown): Report {
  if (!isRecord(carried)) throw new MessageError('kaneda_report is not a report');
  const { id, name, metric, value, fields, distribution, tags } = carried;
  const { timestamp, startTimestamp, host, instance, appName, unit } = carried;
  if (fields !== undefined && !isRecord(fields)) throw new MessageError('fields is not a dict');
  // Not spreads: what is put together of several takes V8 microseconds.
  const report: Report = {
    id: textOf('id', id),
    name: textOf('name', name),
    metric: textOf('metric', metric),
    timestamp: dateOf('timestamp', timestamp),
    host: textOf('host', host),
  };
  if (fields !== undefined)
    report.fields = enforceLimits(
      fieldsOf,
      mapValues(fields, untagValue) as Record<string, unknown>,
    );
  if (value !== undefined) report.value = valueFrom(untagValue(value));
  if (distribution !== undefined) report.distribution = distributionFrom(distribution);
  if (tags !== undefined && tags !== null) report.tags = tagsFrom(tags);
  if (startTimestamp !== undefined)
    report.startTimestamp = dateOf('startTimestamp', startTimestamp);
  if (instance !== undefined) report.instance = textOf('instance', instance);
  if (appName !== undefined) report.appName = textOf('appName', appName);
  if (unit !== undefined) report.unit = textOf('unit', unit);
  return report;
}

/**
 * Returns the whole report as values that JSON has: a bigint or date is tagValue, in kombu's way of
 * tagging what JSON lacks.
 */
export function encodeWholeReport(report: Report): object {
  const { value, fields } = report;
  // `JSON.stringify` takes far longer over a Date than over its text.
  const carried: Record<string, unknown> = { ...report, timestamp: report.timestamp.toISOString() };
  if (typeof value === 'bigint' || typeof value === 'object') carried.value = tagValue(value);
  if (fields !== undefined) carried.fields = mapValues(fields, tagValue);
  return carried;
}

/** The whole report as JSON text. */
export function wholeReportText(report: Report): string {
  return JSON.stringify(encodeWholeReport(report));
}

function tagValue(value: unknown): unknown {
  if (typeof value === 'bigint') return { __type__: 'bigint', __value__: String(value) };
  if (value instanceof Date)
    return Number.isNaN(value.getTime())
      ? null
      : { __type__: 'datetime', __value__: value.toISOString() };
  const inner = mapValues(value, tagValue);
  // A user's own object that looks like a tag is wrapped in one, so that it is not taken for what
  // it looks like.
  return isTag(value) ? { __type__: 'dict', __value__: inner } : inner;
}

const ISO_DATE = /^(\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function untagValue(value: unknown): unknown {
  if (!isTag(value)) return mapValues(value, untagValue);
  const { __type__: type, __value__: held } = value;
  if (type === 'bigint' && typeof held === 'string' && /^-?\d{1,1000}$/.test(held))
    return BigInt(held);
  if (
    type === 'datetime' &&
    typeof held === 'string' &&
    ISO_DATE.test(held) &&
    !Number.isNaN(Date.parse(held))
  )
    return new Date(held);
  if (type === 'dict' && isTag(held)) return mapValues(held, untagValue);
  return mapValues(value, untagValue);
}

/** Has what a tag has, and nothing else. */
function isTag(value: unknown): value is { __type__: unknown; __value__: unknown } {
  if (!isRecord(value) || !Object.hasOwn(value, '__type__') || !Object.hasOwn(value, '__value__'))
    return false;
  return Object.keys(value).length === 2;
}

/**
 * A list or plain object with another value in each place; anything else, an instance of a class
 * too, as it is.
 */
function mapValues(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => change(item));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}

function valueFrom(value: unknown): NonNullable<Report['value']> | null {
  return enforceLimits(anyValue, value ?? null) as NonNullable<Report['value']> | null;
}

function distributionFrom(value: unknown): Distribution {
  if (!isDistribution(value) || value.counts.length > MAX_BUCKETS)
    throw new MessageError('the distribution is not one of at most 65,536 buckets');
  return 'bounds' in value
    ? { bounds: value.bounds, counts: value.counts }
    : {
        scale: value.scale,
        zeroCount: value.zeroCount,
        offset: value.offset,
        counts: value.counts,
      };
}

function tagsFrom(tags: unknown): NonNullable<Report['tags']> {
  if (!Array.isArray(tags) && !isRecord(tags))
    throw new MessageError('the tags are neither a list nor a dict');
  return enforceLimits(fitTags, tags as readonly unknown[] | Record<string, unknown>);
}

/** A text's own limit is the store's that the worker writes to. */
const TEXTS = { bytes: LIMITS.bytes };
const fieldsOf = (fields: Record<string, unknown>) => fitFields(fields, TEXTS);
const anyValue = (value: unknown) => fitValue(value, TEXTS);

/** The same rules as for an application's records: anything may write to the broker. */
function enforceLimits<T, R>(rule: (value: T) => R, value: T): R {
  try {
    return rule(value);
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new MessageError(error.reason);
  }
}

function textOf(what: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new MessageError(`${what} is not a string`);
  if (value.length > MAX_TEXT_CHARACTERS)
    throw new MessageError(`${what} is longer than ${MAX_TEXT_CHARACTERS} characters`);
  return value.toWellFormed();
}

function dateOf(what: string, value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new MessageError(`${what} is not a valid date`);
  return date;
}
