import type {
  ExponentialHistogram,
  Histogram,
  MetricData,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { Digest } from './digest.js';
import { PointIds } from './point-ids.js';
import { POINT, TEMPORALITY } from './point-kinds.js';
import { PointRun } from './point-run.js';
import { type Point, PointStream } from './point-stream.js';
import type { Conversion, Origin, Report } from './report.js';
import { originOf } from './report.js';
import { LEDGER_SCOPE, OWN_SCOPE } from './scopes.js';
import { reasonOf } from './unfit-value.js';
import type { RunSteps } from './unmade.js';
import { fitNumber } from './value-policy.js';

/** The reports of one collection, a data point or a run of them at a time. */
export class MetricSteps implements RunSteps {
  readonly #data: ResourceMetrics;
  readonly #conversion: Conversion;
  readonly #origin: Origin;
  readonly #resource = new Digest();
  readonly #metricDigest = new Digest();
  readonly #series = new Digest();
  readonly #ids: PointIds;
  #scope = 0;
  #metric = 0;
  #point = 0;
  #stream: PointStream | undefined;
  #isOwn = false;
  #isOver = false;

  constructor(data: ResourceMetrics, conversion: Conversion) {
    this.#data = data;
    this.#conversion = conversion;
    this.#ids = PointIds.of(data);
    this.#origin = originOf(data.resource, conversion.appName);
    digestAttributes(this.#resource, data.resource?.attributes ?? {});
  }

  step(into: Report[]): boolean {
    const stream = this.#current();
    if (stream === undefined) return false;
    const report = this.#report(stream.metric.dataPoints[this.#point++] as Point, stream);
    if (report !== undefined) into.push(report);
    return true;
  }

  run(most: number): PointRun | undefined {
    const stream = this.#current();
    if (stream === undefined || !this.#canWait(stream.metric)) return undefined;
    const from = this.#point;
    this.#point = Math.min(from + most, stream.metric.dataPoints.length);
    const { rejected } = this.#conversion;
    return new PointRun(stream, from, this.#point, this.#ids, (reason) =>
      rejected(reason, 'point'),
    );
  }

  /**
   * Points of our own cells belong to their collection alone: they never change later. The increase
   * of cumulative ones must be worked out in their order.
   */
  #canWait({ dataPointType, aggregationTemporality }: MetricData): boolean {
    const isDelta = dataPointType === POINT.gauge || aggregationTemporality === TEMPORALITY.delta;
    return this.#isOwn && isDelta;
  }

  /** The metric whose points come next, if there is one. */
  #current(): PointStream | undefined {
    while (this.#stream === undefined || this.#point >= this.#stream.metric.dataPoints.length)
      if (!this.#nextStream()) return undefined;
    return this.#stream;
  }

  #nextStream(): boolean {
    const scope = this.#data.scopeMetrics[this.#scope];
    this.#stream = undefined;
    if (scope === undefined) {
      // Asked again after the end, it must not age the series again.
      if (!this.#isOver) this.#conversion.deltas?.exported();
      this.#isOver = true;
      return false;
    }
    // Our own ledger is watched by others; in our store it would count itself.
    const metric = scope.scope.name === LEDGER_SCOPE ? undefined : scope.metrics[this.#metric++];
    this.#point = 0;
    if (metric === undefined) {
      this.#scope += 1;
      this.#metric = 0;
    } else this.#begin(metric, scope.scope);
    return true;
  }

  #begin(metric: MetricData, scope: { name: string; version?: string }): void {
    const { name, unit } = metric.descriptor;
    this.#stream = new PointStream(metric, scope.name, this.#origin);
    this.#isOwn = scope.name === OWN_SCOPE;
    this.#metricDigest
      .from(this.#resource)
      .text(scope.name)
      .text(scope.version ?? '')
      .text(name)
      .text(unit)
      .number(metric.dataPointType);
  }

  /** A point's report, or nothing if it did not move or cannot be stored. */
  #report(point: Point, stream: PointStream): Report | undefined {
    try {
      const left = stream.metric.dataPoints.length - this.#point + 1;
      this.#ids.next(stream.timestampOf(point).getTime(), left);
      const value = stream.moved(this.#added(point, stream.metric));
      return value === undefined ? undefined : stream.report(point, value, this.#ids.id());
    } catch (error) {
      this.#conversion.rejected(reasonOf(error), 'point');
      return undefined;
    }
  }

  /** The point's value in delta terms. */
  #added(point: Point, metric: MetricData): Point['value'] {
    const { deltas } = this.#conversion;
    const { value, startTime } = point;
    if (
      deltas === undefined ||
      metric.dataPointType === POINT.gauge ||
      metric.aggregationTemporality !== TEMPORALITY.cumulative
    )
      return value;
    digestAttributes(this.#series.from(this.#metricDigest), point.attributes);
    const series = this.#series.key();
    return metric.dataPointType === POINT.sum
      ? deltas.sum(series, startTime, fitNumber(value as number), metric.isMonotonic)
      : deltas.histogram(series, startTime, value as Histogram | ExponentialHistogram);
  }
}

function digestAttributes(digest: Digest, attributes: Readonly<Record<string, unknown>>): void {
  for (const key in attributes) {
    const value = attributes[key];
    digest.text(key).text(typeof value === 'string' ? value : `${typeof value} ${String(value)}`);
  }
}
