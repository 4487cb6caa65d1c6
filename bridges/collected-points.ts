import type { Attributes } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { type DataKind, type Interval, metricData, type Words } from './metric-data.js';

/** The data points of a collection, by metric. They can be taken before the collection is over. */
export class CollectedPoints {
  readonly interval: Interval;
  #metrics: MetricData[] = [];
  #metric: MetricData | undefined;
  #count = 0;

  constructor(interval: Interval) {
    this.interval = interval;
  }

  /** Points that were added since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** The next points are those of this metric; without a point it is left out. */
  begin(kind: DataKind, name: string, words: Words): void {
    this.#metric = metricData(kind, name, words, this.interval);
  }

  /** Adds a point whose series began at `since` (milliseconds since the epoch). */
  add(since: number, attributes: Attributes, value: unknown): void {
    const points = this.#metric!.dataPoints as unknown[];
    if (points.length === 0) this.#metrics.push(this.#metric!);
    points.push(this.interval.point(since, attributes, value));
    this.#count += 1;
  }

  /** The metrics so far. A metric that was not complete has its further points in the next ones. */
  take(): MetricData[] {
    const metrics = this.#metrics;
    this.#metrics = [];
    this.#count = 0;
    if (this.#metric !== undefined) this.#metric = { ...this.#metric, dataPoints: [] };
    return metrics;
  }
}
