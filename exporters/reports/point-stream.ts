import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import { DateCache } from './dates.js';
import { distributionOf } from './distribution.js';
import type { Buckets } from './percentiles.js';
import { explicitBuckets, exponentialBuckets, quantiles } from './percentiles.js';
import { POINT } from './point-kinds.js';
import type { Origin, Report } from './report.js';
import { OWN_SCOPE } from './scopes.js';
import { tagsOf } from './tags-of.js';
import { capText, fitNumber, LIMITS } from './value-policy.js';

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
const QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

export type Point = DataPoint<number | Histogram | ExponentialHistogram>;

/** The data points of one metric, and what their reports share. */
export class PointStream {
  readonly metric: MetricData;
  readonly #name: string;
  readonly #kind: string;
  readonly #unit: string | undefined;
  readonly #origin: Origin;
  readonly #starts = new DateCache();
  readonly #ends = new DateCache();

  /** @param scope the name of the instrumentation scope. */
  constructor(metric: MetricData, scope: string, origin: Origin) {
    const { name, unit } = metric.descriptor;
    this.metric = metric;
    this.#name = capText(name, LIMITS.tagBytes);
    this.#kind = kindOf(metric, scope);
    this.#unit = unit === '' ? undefined : unit;
    this.#origin = origin;
  }

  /** @throws UnfitValue for an invalid time. */
  timestampOf(point: Point): Date {
    return this.#ends.of(point.endTime);
  }

  /**
   * A value as it is reported; nothing where nothing happened.
   * @throws UnfitValue for a number that cannot be stored.
   */
  moved(value: Point['value']): Point['value'] | undefined {
    const { dataPointType } = this.metric;
    if (dataPointType === POINT.gauge) return fitNumber(value as number);
    if (dataPointType === POINT.sum) return value === 0 ? undefined : fitNumber(value as number);
    return (value as Histogram).count > 0 ? value : undefined;
  }

  /**
   * The report of a point.
   * @param value what {@link moved} gave.
   * @throws UnfitValue for what cannot be stored.
   */
  report(point: Point, value: Point['value'], id: string): Report {
    const { host, instance, appName } = this.#origin;
    const timestamp = this.timestampOf(point);
    const report: Report =
      typeof value === 'number'
        ? { id, name: this.#name, metric: this.#kind, timestamp, host, instance, value }
        : { id, name: this.#name, metric: this.#kind, timestamp, host, instance };
    if (typeof value !== 'number') addHistogram(report, value);
    if (this.metric.dataPointType !== POINT.gauge)
      report.startTimestamp = this.#starts.of(point.startTime);
    const tags = tagsOf(point.attributes);
    if (tags !== undefined) report.tags = tags;
    if (this.#unit !== undefined) report.unit = this.#unit;
    if (appName !== undefined) report.appName = appName;
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
