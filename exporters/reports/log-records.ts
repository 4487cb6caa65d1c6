import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { dateOf } from './dates.js';
import { newId } from './ids.js';
import { KANEDA } from './kaneda-attributes.js';
import type { Conversion, Origin, Report, Steps } from './report.js';
import { originOf } from './report.js';
import { SingleRecord } from './single-record.js';
import { tagsOf } from './tags-of.js';
import { reasonOf } from './unfit-value.js';
import { capText, fitFields, fitValue, isPlain, LIMITS, type TextPolicy } from './value-policy.js';

/** Semantic convention for a record's own id. */
const RECORD_UID = 'log.record.uid';
const OWN = new Set<string>([...Object.values(KANEDA), RECORD_UID]);

/**
 * Ids of records that brought none: several exporters are given the same object and must come to
 * the same id.
 */
const ids = new WeakMap<object, string>();
const origins = new WeakMap<object, { appName: string | undefined; origin: Origin }>();

/** The reports of log records, one at a time. */
export class RecordSteps implements Steps {
  readonly #records: readonly ReadableLogRecord[];
  readonly #conversion: Conversion;
  #at = 0;

  constructor(records: readonly ReadableLogRecord[], conversion: Conversion) {
    this.#records = records;
    this.#conversion = conversion;
  }

  step(into: Report[]): boolean {
    const record = this.#records[this.#at++];
    if (record === undefined) return false;
    const report = reportOfRecord(record, this.#conversion);
    if (report !== undefined) into.push(report);
    return true;
  }
}

/** A log record's report, or nothing where its values cannot be stored. */
function reportOfRecord(record: ReadableLogRecord, conversion: Conversion): Report | undefined {
  try {
    return toReport(record, conversion);
  } catch (error) {
    conversion.rejected(reasonOf(error, 'malformed log record'), 'record');
    return undefined;
  }
}

function toReport(record: ReadableLogRecord, { appName, texts }: Conversion): Report {
  const parts = record instanceof SingleRecord ? record : partsOf(record);
  const { id, metric, unit, timestamp } = parts;
  const origin = originCached(record.resource, appName);
  const report: Report = {
    id: capText(id, LIMITS.tagBytes),
    name: capText(record.eventName || record.instrumentationScope.name, LIMITS.tagBytes),
    metric:
      typeof metric === 'string' && metric !== '' ? capText(metric, LIMITS.tagBytes) : 'event',
    timestamp,
    host: origin.host,
    instance: origin.instance,
  };
  setBody(report, record.body, texts);
  const tags = tagsOf(parts.tags);
  if (tags !== undefined) report.tags = tags;
  if (typeof unit === 'string' && unit !== '') report.unit = unit;
  if (origin.appName !== undefined) report.appName = origin.appName;
  return report;
}

interface Parts {
  readonly id: string;
  readonly metric: unknown;
  readonly unit: unknown;
  readonly timestamp: Date;
  readonly tags: Readonly<Record<string, unknown>>;
}

/** The parts of a record that the SDK made, or another copy of this package. */
function partsOf(record: ReadableLogRecord): Parts {
  const { attributes, hrTime, hrTimeObserved } = record;
  const timestamp = dateOf(hrTime[0] === 0 && hrTime[1] === 0 ? hrTimeObserved : hrTime);
  return {
    id: idOf(record, attributes, timestamp),
    metric: attributes[KANEDA.metric],
    unit: attributes[KANEDA.unit],
    timestamp,
    tags: foreign(attributes),
  };
}

function idOf(
  record: ReadableLogRecord,
  attributes: ReadableLogRecord['attributes'],
  timestamp: Date,
): string {
  const given = attributes[KANEDA.id] ?? attributes[RECORD_UID];
  if (typeof given === 'string' && given !== '') return given;
  let id = ids.get(record);
  if (id === undefined) {
    id = newId(timestamp.getTime(), Date.now());
    ids.set(record, id);
  }
  return id;
}

/** A map is unpacked, as Kaneda does it; anything else is the value. */
function setBody(report: Report, body: unknown, texts: TextPolicy | undefined): void {
  if (body === undefined) return;
  if (isPlain(body)) {
    report.fields = fitFields(body, texts);
  } else {
    const value = fitValue(body, texts);
    if (value !== undefined) report.value = value as NonNullable<Report['value']>;
  }
}

/** The attributes that are the application's. */
function foreign(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  for (const key in attributes) if (!OWN.has(key)) put(rest, key, attributes[key]);
  return rest;
}

/** An attribute called `__proto__` must be a property like any other. */
function put(rest: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(rest, key, { value, enumerable: true });
  else rest[key] = value;
}

function originCached(
  resource: ReadableLogRecord['resource'] | undefined,
  appName: string | undefined,
): Origin {
  // Asynchronous detectors may still be adding to the resource.
  if (resource === undefined || resource.asyncAttributesPending === true)
    return originOf(resource, appName);
  let cached = origins.get(resource);
  if (cached === undefined || cached.appName !== appName) {
    cached = { appName, origin: originOf(resource, appName) };
    origins.set(resource, cached);
  }
  return cached.origin;
}
