import type { HrTime } from '@opentelemetry/api';
import type { Distribution } from '../../reports/distribution.js';
import { KANEDA } from '../../reports/kaneda-attributes.js';
import { POINT, TEMPORALITY } from '../../reports/point-kinds.js';
import { OWN_SCOPE } from '../../reports/scopes.js';
import type { OtlpReport, PlainResource, PointSource, RecordSource } from './source.js';

const SCOPE = { name: OWN_SCOPE };
/** OpenTelemetry's number for a double; its enum would load the API. */
const DOUBLE = 1;
const INFO = 9;

/**
 * A report as OTLP has it: the source that it carries. One without (from a queue, from another
 * program) becomes a metric if it is a gauge, counter or timing with a number, else an event.
 */
export function toDocument(report: OtlpReport): PointSource | RecordSource {
  return report.extra ?? pointOf(report) ?? recordOf(report);
}

function pointOf(report: OtlpReport): PointSource | undefined {
  const { metric, value, fields } = report;
  const sum = {
    dataPointType: POINT.sum,
    aggregationTemporality: TEMPORALITY.delta,
    isMonotonic: false,
  };
  if (metric === 'gauge' && isNumber(value))
    return point(
      report,
      { dataPointType: POINT.gauge, aggregationTemporality: TEMPORALITY.cumulative },
      Number(value),
    );
  if (metric === 'counter' && isNumber(value)) return point(report, sum, Number(value));
  if (metric !== 'timing' && metric !== 'histogram') return undefined;
  const histogram = fields === undefined ? singleOf(value) : histogramOf(report, fields);
  if (histogram === undefined) return undefined;
  const dataPointType = 'buckets' in histogram ? POINT.histogram : POINT.exponential;
  return point(report, { dataPointType, aggregationTemporality: TEMPORALITY.delta }, histogram);
}

function point(report: OtlpReport, metric: object, value: unknown): PointSource {
  const endTime = hrTime(report.timestamp);
  const startTime = report.startTimestamp === undefined ? endTime : hrTime(report.startTimestamp);
  return {
    resource: resourceOf(report),
    scope: SCOPE,
    metric: {
      descriptor: {
        name: report.name,
        description: '',
        unit: report.unit ?? '',
        valueType: DOUBLE,
      },
      ...metric,
    } as PointSource['metric'],
    point: { startTime, endTime, attributes: attributesOf(report), value } as PointSource['point'],
  };
}

/** The histogram of one value. */
function singleOf(given: unknown) {
  if (!isNumber(given)) return undefined;
  const value = Number(given);
  return { buckets: { boundaries: [], counts: [1] }, count: 1, sum: value, min: value, max: value };
}

/** The histogram of an aggregated timing: with its own buckets, where the report has them. */
function histogramOf({ distribution }: OtlpReport, fields: Record<string, unknown>) {
  const { count, sum, min, max } = fields;
  if (!isNumber(count) || Number(count) < 1) return undefined;
  const known = Object.entries({ sum, min, max }).filter(([, value]) => isNumber(value));
  return {
    ...(distribution === undefined
      ? bucketsOfPercentiles(Number(count), fields)
      : bucketsOf(distribution)),
    count: Number(count),
    ...Object.fromEntries(known),
  };
}

function bucketsOf(distribution: Distribution) {
  if ('bounds' in distribution) {
    const { bounds, counts } = distribution;
    return { buckets: { boundaries: bounds, counts } };
  }
  const { scale, zeroCount, offset, counts } = distribution;
  return {
    scale,
    zeroCount,
    positive: { offset, bucketCounts: counts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

/** The buckets that the percentiles tell: these become the bounds. */
function bucketsOfPercentiles(count: number, fields: Record<string, unknown>) {
  const boundaries: number[] = [];
  const counts: number[] = [];
  let below = 0;
  for (const [name, share] of [
    ['p50', 0.5],
    ['p90', 0.9],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const bound = fields[name];
    if (typeof bound !== 'number' || !Number.isFinite(bound)) continue;
    const until = Math.ceil(count * share);
    if (boundaries.length > 0 && bound <= boundaries.at(-1)!)
      counts[counts.length - 1]! += until - below;
    else {
      boundaries.push(bound);
      counts.push(until - below);
    }
    below = until;
  }
  counts.push(count - below);
  return { buckets: { boundaries, counts } };
}

/**
 * An event or custom as Kaneda's log records are: name, body, tags as attributes, and what makes it
 * the same report when it is read again.
 */
function recordOf(report: OtlpReport): RecordSource {
  const time = hrTime(report.timestamp);
  const body = report.fields ?? report.value;
  return {
    resource: resourceOf(report),
    record: {
      hrTime: time,
      hrTimeObserved: time,
      severityNumber: INFO,
      instrumentationScope: SCOPE,
      eventName: report.name,
      attributes: {
        ...attributesOf(report),
        [KANEDA.id]: report.id,
        [KANEDA.metric]: report.metric,
        ...(report.unit === undefined ? {} : { [KANEDA.unit]: report.unit }),
      },
      droppedAttributesCount: 0,
      ...(body === undefined ? {} : { body: plainBody(body) }),
    } as RecordSource['record'],
  };
}

/**
 * OTLP has integers of 64 bits but no way to say a bigint here, and no dates: both are written as
 * text.
 */
function plainBody(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainBody);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainBody(inner)]));
}

function resourceOf({ host, instance, appName }: OtlpReport): PlainResource {
  return {
    attributes: {
      'host.name': host,
      ...(instance === undefined ? {} : { 'service.instance.id': instance }),
      ...(appName === undefined ? {} : { 'service.name': appName }),
    },
  };
}

function attributesOf({ tags }: OtlpReport): Record<string, unknown> {
  if (tags === undefined) return {};
  return Array.isArray(tags) ? { tags } : { ...(tags as Record<string, unknown>) };
}

const isNumber = (value: unknown): value is number | bigint =>
  (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint';

function hrTime(date: Date): HrTime {
  const milliseconds = date.getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, (milliseconds - seconds * 1000) * 1e6];
}
