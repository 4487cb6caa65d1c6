import type { Attributes, HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import type { FamilyKind } from './cells/store.js';

export type Temporality = 'cumulative' | 'delta';

/** The kinds of data points: those of families, and monotonic sums. */
export type DataKind = FamilyKind | 'counter';

// OpenTelemetry's enums by number: importing them would load the SDK.
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;
const DELTA = 0;
const CUMULATIVE = 1;
const DOUBLE = 1;

/** A producer's resource is not looked at: the reader keeps its provider's own. */
export const NO_RESOURCE: Resource = {
  attributes: {},
  merge: (other) => other ?? NO_RESOURCE,
  getRawAttributes: () => [],
};

/** The times of a collection's points; the arrays are shared between points. */
export class Interval {
  readonly temporality: Temporality;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly #last: number | undefined;
  readonly #end: HrTime;
  #startTime: HrTime = [0, 0];
  #start = Number.NaN;

  /**
   * `last`: when the collection before was, if there was one; both in milliseconds since the epoch.
   */
  constructor(temporality: Temporality, last: number | undefined, now: number) {
    this.temporality = temporality;
    this.now = now;
    this.#last = last;
    this.#end = hrTime(now);
  }

  /** A point whose series began at `since` (milliseconds since the epoch). */
  point<Value>(since: number, attributes: Attributes, value: Value): DataPoint<Value> {
    const start =
      this.temporality === 'delta' && this.#last !== undefined && this.#last > since
        ? this.#last
        : since;
    if (start !== this.#start) {
      this.#startTime = hrTime(Math.min(start, this.now));
      this.#start = start;
    }
    return { startTime: this.#startTime, endTime: this.#end, attributes, value };
  }
}

/** The words that describe a metric, as far as they are known. */
export interface Words {
  readonly unit?: string | undefined;
  readonly description?: string | undefined;
}

/** A metric without points yet. */
export function metricData(
  kind: DataKind,
  name: string,
  { unit = '', description = '' }: Words,
  interval: Interval,
): MetricData {
  const temporality = interval.temporality === 'delta' ? DELTA : CUMULATIVE;
  const types = { sum: SUM, counter: SUM, gauge: GAUGE, histogram: EXPONENTIAL_HISTOGRAM };
  return {
    descriptor: { name, description, unit, valueType: DOUBLE },
    aggregationTemporality: temporality as AggregationTemporality,
    dataPointType: types[kind] as DataPointType.SUM,
    isMonotonic: kind === 'counter',
    dataPoints: [],
  };
}

function hrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}
