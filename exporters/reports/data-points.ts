import type { HrTime } from '@opentelemetry/api';
import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { Digest } from './digest.js';
import { distributionOf } from './distribution.js';
import type { Buckets } from './percentiles.js';
import { explicitBuckets, exponentialBuckets, quantiles } from './percentiles.js';
import { PointIds } from './point-ids.js';
import type { Conversion, Origin, Report, Steps } from './report.js';
import { originOf } from './report.js';
import { LEDGER_SCOPE, OWN_SCOPE } from './scopes.js';
import { capped, fitNumber, fitTags, LIMITS, UnfitValue } from './value-policy.js';

/**
 * OpenTelemetry's numbers for kinds of points and temporality, the same in both lines; its enums
 * would load the SDK.
 */
export const POINT = { histogram: 0, exponential: 1, gauge: 2, sum: 3 } as const;
export const TEMPORALITY = { delta: 0, cumulative: 1 } as const;

const TIME_UNITS = new Set([
  's',
  'ms',
  'us',
  'µs',
  'μs',
  'ns',
  'min',
  'h',
  'd',
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
]);
/** Scopes whose histograms are Kaneda's timings, whatever the unit. */
const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

type Point = DataPoint<number | Histogram | ExponentialHistogram>;

/** The properties that the points of one metric share. */
interface Stream {
  readonly metric: MetricData;
  readonly name: string;
  readonly kind: string;
  readonly unit: string | undefined;
  readonly digest: Digest;
  readonly origin: Origin;
}

/**
 * Hands out the same Date for the same moment: a collection's points nearly all share their times.
 */
class Moments {
  #last: HrTime = [-1, -1];
  #date = new Date(0);

  of(time: HrTime): Date {
    if (time[0] !== this.#last[0] || time[1] !== this.#last[1]) {
      this.#date = dateOf(time);
      this.#last = time;
    }
    return this.#date;
  }
}

/** Whole milliseconds since 1970. */
const millis = (time: HrTime): number => time[0] * 1_000 + Math.floor(time[1] / 1e6);

/** @throws UnfitValue for a time that is none. */
export function dateOf(time: HrTime): Date {
  const date = new Date(millis(time));
  if (Number.isNaN(date.getTime())) throw new UnfitValue('invalid time');
  return date;
}

/** The reports of one collection, a data point at a time. */
export class MetricSteps implements Steps {
  readonly #data: ResourceMetrics;
  readonly #conversion: Conversion;
  readonly #origin: Origin;
  readonly #resource = new Digest();
  readonly #starts = new Moments();
  readonly #ends = new Moments();
  readonly #series = new Digest();
  readonly #ids: PointIds;
  #scope = 0;
  #metric = 0;
  #point = 0;
  #stream: Stream | undefined;

  constructor(data: ResourceMetrics, conversion: Conversion) {
    this.#data = data;
    this.#conversion = conversion;
    this.#ids = new PointIds(data);
    this.#origin = originOf(data.resource, conversion.appName);
    digestAttributes(this.#resource, data.resource?.attributes ?? {});
  }

  step(into: Report[]): boolean {
    let point = this.#stream?.metric.dataPoints[this.#point++] as Point | undefined;
    while (point === undefined) {
      if (!this.#nextStream()) return false;
      point = this.#stream?.metric.dataPoints[this.#point++] as Point | undefined;
    }
    const report = this.#report(point, this.#stream!);
    if (report !== undefined) into.push(report);
    return true;
  }

  #nextStream(): boolean {
    const scope = this.#data.scopeMetrics[this.#scope];
    if (scope === undefined) {
      this.#conversion.deltas?.exported();
      return false;
    }
    // Our own ledger is watched by others; in our store it would count itself.
    const metric = scope.scope.name === LEDGER_SCOPE ? undefined : scope.metrics[this.#metric++];
    this.#point = 0;
    if (metric === undefined) {
      this.#scope += 1;
      this.#metric = 0;
      this.#stream = undefined;
    } else this.#stream = this.#streamOf(metric, scope.scope);
    return true;
  }

  #streamOf(metric: MetricData, scope: { name: string; version?: string }): Stream {
    const { name, unit } = metric.descriptor;
    const digest = new Digest()
      .from(this.#resource)
      .text(scope.name)
      .text(scope.version ?? '')
      .text(name)
      .text(unit);
    digest.number(metric.dataPointType);
    return {
      metric,
      name: capped(name, LIMITS.tagBytes),
      kind: kindOf(metric, scope.name),
      unit: unit === '' ? undefined : unit,
      digest,
      origin: this.#origin,
    };
  }

  /** A point's report, or nothing if it did not move or cannot be stored. */
  #report(point: Point, stream: Stream): Report | undefined {
    try {
      const timestamp = this.#ends.of(point.endTime);
      this.#ids.next(timestamp.getTime(), stream.metric.dataPoints.length - this.#point + 1);
      const moved = this.#moved(point, stream);
      return moved === undefined ? undefined : this.#made(point, moved, stream, timestamp);
    } catch (error) {
      this.#conversion.rejected(
        error instanceof UnfitValue ? error.reason : 'malformed data point',
        'point',
      );
      return undefined;
    }
  }

  /** The point's value in delta terms; nothing where nothing happened. */
  #moved(point: Point, { metric, digest }: Stream): Point['value'] | undefined {
    if (metric.dataPointType === POINT.gauge) return point.value;
    const deltas =
      metric.aggregationTemporality === TEMPORALITY.cumulative
        ? this.#conversion.deltas
        : undefined;
    if (deltas !== undefined) digestAttributes(this.#series.from(digest), point.attributes);
    if (metric.dataPointType === POINT.sum) {
      const value = fitNumber(point.value as number);
      const added =
        deltas?.sum(this.#series.key(), point.startTime, value, metric.isMonotonic) ?? value;
      return added === 0 ? undefined : fitNumber(added);
    }
    const whole = point.value as Histogram | ExponentialHistogram;
    const added = deltas?.histogram(this.#series.key(), point.startTime, whole) ?? whole;
    return added.count > 0 ? added : undefined;
  }

  #made(point: Point, value: Point['value'], stream: Stream, timestamp: Date): Report {
    const report: Report = {
      id: this.#ids.id(),
      name: stream.name,
      metric: stream.kind,
      timestamp,
      host: stream.origin.host,
      instance: stream.origin.instance,
    };
    if (stream.metric.dataPointType === POINT.gauge) report.value = fitNumber(value as number);
    else {
      if (stream.metric.dataPointType === POINT.sum) report.value = value as number;
      else addHistogram(report, value as Histogram | ExponentialHistogram);
      report.startTimestamp = this.#starts.of(point.startTime);
    }
    const tags = tagsOf(point.attributes);
    if (tags !== undefined) report.tags = tags;
    if (stream.unit !== undefined) report.unit = stream.unit;
    if (stream.origin.appName !== undefined) report.appName = stream.origin.appName;
    return report;
  }
}

function kindOf(metric: MetricData, scope: string): string {
  if (metric.dataPointType === POINT.gauge) return 'gauge';
  if (metric.dataPointType === POINT.sum) return 'counter';
  return scope === OWN_SCOPE || TIME_UNITS.has(metric.descriptor.unit) ? 'timing' : 'histogram';
}

function bucketsOf(value: Histogram | ExponentialHistogram): Buckets {
  return 'buckets' in value ? explicitBuckets(value) : exponentialBuckets(value);
}

/**
 * The mean as the value, where the histogram recorded a sum; the numbers of the interval as fields;
 * the buckets.
 */
function addHistogram(report: Report, value: Histogram | ExponentialHistogram): void {
  const fields = numbersOf(bucketsOf(value), value.sum);
  if (fields.mean !== undefined) report.value = fields.mean;
  report.fields = fields;
  const distribution = distributionOf(value);
  if (distribution !== undefined) report.distribution = distribution;
}

/** The fields that an aggregated timing has; what the histogram did not record is left out. */
function numbersOf(buckets: Buckets, sum: number | undefined): Record<string, number> {
  const fields: Record<string, number> = { count: buckets.count };
  if (sum !== undefined) fields.sum = fitNumber(sum);
  if (buckets.min !== undefined) fields.min = fitNumber(buckets.min);
  if (buckets.max !== undefined) fields.max = fitNumber(buckets.max);
  if (sum !== undefined) fields.mean = fitNumber(sum / buckets.count);
  const found = quantiles(buckets, QUANTILES);
  QUANTILES.forEach((quantile, i) => {
    if (found[i] !== undefined) fields[`p${Math.round(quantile * 100)}`] = fitNumber(found[i]);
  });
  return fields;
}

/** A list of tags travels as the one attribute `tags`; all else are key and value. */
export function tagsOf(attributes: Readonly<Record<string, unknown>>): Report['tags'] | undefined {
  let only: string | undefined;
  for (const key in attributes) {
    if (only !== undefined) return fitTags(attributes);
    only = key;
  }
  if (only === undefined) return undefined;
  const list = attributes[only];
  return fitTags(only === 'tags' && Array.isArray(list) ? list : attributes);
}

function digestAttributes(digest: Digest, attributes: Readonly<Record<string, unknown>>): void {
  for (const key in attributes) {
    const value = attributes[key];
    digest.text(key).text(typeof value === 'string' ? value : `${typeof value} ${String(value)}`);
  }
}
