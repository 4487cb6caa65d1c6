import type { CollectionResult, MetricProducer } from '@opentelemetry/sdk-metrics';
import { assertCells, assertKnown } from './assert-arguments.js';
import { CellCollector } from './cell-collector.js';
import { INSPECT, type Inspect } from './cells/inspect.js';
import type { CellStore } from './cells/store.js';
import type { Temporality } from './metric-data.js';

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
  readonly #collector: CellCollector;

  /**
   * @throws TypeError for faulty options, and for something other than a store of cells.
   */
  constructor(cells: CellStore, options: CellProducerOptions = {}) {
    assertCells(cells, 'new CellProducer()');
    assertKnown(options, ['temporality'], 'new CellProducer()');
    const { temporality = 'cumulative' } = options;
    if (!['cumulative', 'delta', 0, 1].includes(temporality)) {
      throw new TypeError(
        `new CellProducer(): temporality is 'cumulative' or 'delta'; got ${JSON.stringify(temporality) ?? typeof temporality}.`,
      );
    }
    this.#cells = cells;
    this.#temporality = temporality === 'delta' || temporality === 0 ? 'delta' : 'cumulative';
    this.#collector = new CellCollector(cells, this.#temporality);
  }

  /** @internal Shows the temporality and the cells. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const seen = { temporality: this.#temporality, cells: this.#cells };
    return `CellProducer ${inspect(seen, options)}`;
  }

  /** One collection at a time, in the order asked for. Never rejects. */
  async collect(): Promise<CollectionResult> {
    let all: CollectionResult;
    for await (const part of this.#collector.collect(Number.POSITIVE_INFINITY)) all = part;
    return all!;
  }

  /**
   * Takes no part in the store any more: series that leave do not wait for this producer. A later
   * `collect` takes part again.
   */
  stop(): void {
    this.#collector.stop();
  }
}
