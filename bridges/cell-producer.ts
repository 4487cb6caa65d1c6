import type { CollectionResult, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { AnyCell } from './cell-instruments.js';
import { CellPoints } from './cell-points.js';
import { INSPECT, type Inspect } from './cells/inspect.js';
import { Gains } from './cells/series/gains.js';
import type {
  AnyFamily,
  CellStore,
  HistogramFamily,
  HistogramReader,
  Subscription,
} from './cells/store.js';
import { monotonic } from './cells/system/real-timers.js';
import { inSlices } from './in-slices.js';
import { Interval, metricData, NO_RESOURCE, type Temporality } from './metric-data.js';

/** Options of {@link CellProducer}. */
export interface CellProducerOptions {
  /**
   * `cumulative` (default): sums and histograms since their beginning. `delta`: what was added
   * since the last collection, and no point for a sum that did not change. OpenTelemetry's
   * `AggregationTemporality` numbers are taken too.
   */
  temporality?: 'cumulative' | 'delta' | 0 | 1;
}

/**
 * Hands a store's numbers to an OpenTelemetry metric reader as ready data points, without the SDK's
 * hashing and its limit of 2,000 series:
 *
 * ```ts
 * new PeriodicExportingMetricReader({ exporter, metricProducers: [new CellProducer(cells)] })
 * ```
 *
 * Sums are non-monotonic unless they are described as monotonic, gauges the last value set,
 * histograms exponential; Cantal's kinds are named `<group>.<metric>`. Names are given as they are.
 * A collection works in slices of a few milliseconds, so that a hundred thousand series do not hold
 * up the event loop. One producer serves one reader: what it has handed out as a delta it does not
 * hand out again. A series that leaves is kept until it was handed out once more; so `stop()` a
 * producer whose reader is gone.
 */
export class CellProducer implements MetricProducer {
  readonly #cells: CellStore;
  readonly #temporality: Temporality;
  readonly #families = new Map<AnyFamily, HistogramReader | undefined>();
  readonly #stops: (() => void)[] = [];
  readonly #single: CellPoints;
  /** The amounts added to the sums and not handed out yet. */
  readonly #gains = new Gains();
  #subscription: Subscription | undefined;
  #lastTime: number | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  /** @throws TypeError for an unknown temporality. */
  constructor(cells: CellStore, options: CellProducerOptions = {}) {
    const { temporality = 'cumulative' } = options;
    if (!['cumulative', 'delta', 0, 1].includes(temporality)) {
      throw new TypeError(
        `temporality is 'cumulative' or 'delta'; got ${JSON.stringify(temporality)}.`,
      );
    }
    this.#cells = cells;
    this.#temporality = temporality === 'delta' || temporality === 0 ? 'delta' : 'cumulative';
    this.#single = new CellPoints(this.#temporality);
    this.#subscription = this.#subscribe();
  }

  /** @internal Shows the temporality and the cells. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const seen = { temporality: this.#temporality, cells: this.#cells };
    return `CellProducer ${inspect(seen, options)}`;
  }

  /** One collection at a time, in the order asked for. Never rejects. */
  collect(): Promise<CollectionResult> {
    const result = this.#queue.then(() => this.#collect());
    // Not the result itself: a hundred thousand points would live until the next one.
    this.#queue = result.then(() => undefined);
    return result;
  }

  /**
   * Takes no part in the store any more: series that leave do not wait for this producer. A later
   * `collect` takes part again.
   */
  stop(): void {
    this.#subscription?.stop();
    this.#subscription = undefined;
    for (const stop of this.#stops.splice(0)) stop();
    this.#families.clear();
    this.#single.clear();
  }

  #subscribe(): Subscription {
    return this.#cells.observe({
      family: (family) => this.#meet(family),
      cell: (cell) => this.#single.add(cell as AnyCell),
    });
  }

  async #collect(): Promise<CollectionResult> {
    this.#subscription ??= this.#subscribe();
    const subscription = this.#subscription;
    subscription.collecting(monotonic());
    const now = Date.now();
    const interval = new Interval(this.#temporality, this.#lastTime, now);
    this.#lastTime = now;
    const metrics: MetricData[] = [];
    const errors: unknown[] = [];
    try {
      await inSlices(this.#walk(interval, metrics));
      subscription.collected();
    } catch (error) {
      errors.push(error);
    }
    const scopeMetrics = metrics.length > 0 ? [{ scope: { name: 'kaneda-otel' }, metrics }] : [];
    return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics }, errors };
  }

  #meet(family: AnyFamily): void {
    const delta = this.#temporality === 'delta';
    const reader = family.kind === 'histogram' ? family.open({ cumulative: !delta }) : undefined;
    if (reader !== undefined) this.#stops.push(() => reader.close());
    if (family.kind === 'sum' && delta) this.#stops.push(family.trackGains(this.#gains));
    this.#families.set(family, reader);
  }

  *#walk(interval: Interval, metrics: MetricData[]): Generator<void, void, void> {
    for (const [family, reader] of this.#families) {
      const kind = family.kind === 'sum' && family.monotonic ? 'counter' : family.kind;
      const data = metricData(kind, family.name, family, interval);
      yield* family.kind === 'histogram'
        ? walkHistograms(family, reader!, interval, data)
        : this.#walkNumbers(family, interval, data);
      if (data.dataPoints.length > 0) metrics.push(data);
    }
    yield* this.#single.walk(interval, metrics);
  }

  #walkNumbers(
    family: Exclude<AnyFamily, HistogramFamily>,
    interval: Interval,
    data: MetricData,
  ): Generator<void, void, void> {
    const points = data.dataPoints as unknown[];
    const delta = family.kind === 'sum' && this.#temporality === 'delta';
    return family.walk((slot, attributes) => {
      const value = delta ? this.#gains.take(slot) : family.value(slot);
      if (delta && value === 0) return;
      points.push(interval.point(family.startOf(slot), attributes, value));
    });
  }
}

function walkHistograms(
  family: HistogramFamily,
  reader: HistogramReader,
  interval: Interval,
  data: MetricData,
): Generator<void, void, void> {
  const points = data.dataPoints as unknown[];
  return family.walk((slot, attributes) => {
    reader.take(slot, (cell) =>
      points.push(interval.point(family.startOf(slot), attributes, cell.toPoint())),
    );
  });
}
