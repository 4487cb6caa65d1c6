import type { CollectionResult, MetricData } from '@opentelemetry/sdk-metrics';
import type { AnyCell } from './cell-instruments.js';
import { CellPoints } from './cell-points.js';
import { Gains } from './cells/series/gains.js';
import type {
  AnyFamily,
  CellStore,
  HistogramFamily,
  HistogramReader,
  Subscription,
} from './cells/store.js';
import { monotonic, nextTurn } from './cells/system/real-timers.js';
import { CollectedPoints } from './collected-points.js';
import { inSlices } from './in-slices.js';
import { Interval, NO_RESOURCE, type Temporality } from './metric-data.js';

/**
 * Collects a store's numbers as ready data points. What it has handed out as a delta it does not
 * hand out again; a series that leaves is kept until it was handed out once more.
 */
export class CellCollector {
  readonly #cells: CellStore;
  readonly #temporality: Temporality;
  readonly #families = new Map<AnyFamily, HistogramReader | undefined>();
  readonly #stops: (() => void)[] = [];
  readonly #single: CellPoints;
  /** The amounts added to the sums and not handed out yet. */
  readonly #gains = new Gains();
  #subscription: Subscription | undefined;
  #lastTime: number | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(cells: CellStore, temporality: Temporality) {
    this.#cells = cells;
    this.#temporality = temporality;
    this.#single = new CellPoints(temporality);
    this.#subscription = this.#subscribe();
  }

  /**
   * Makes a collection in parts of about so many points, at least one part: points that are handed
   * on at once need not all live at the same time. A part may continue the metric of the one
   * before. What was not handed out when the iteration ends early stays for the next collection.
   * One collection at a time, in the order asked for. Never rejects.
   */
  async *collect(points: number): AsyncGenerator<CollectionResult, void, void> {
    const before = this.#queue;
    let done: () => void;
    this.#queue = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await before;
      yield* this.#collect(points);
    } finally {
      done!();
    }
  }

  /**
   * Takes no part in the store any more: series that leave do not wait for this collector. A later
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

  async *#collect(most: number): AsyncGenerator<CollectionResult, void, void> {
    this.#subscription ??= this.#subscribe();
    const subscription = this.#subscription;
    subscription.collecting(monotonic());
    const now = Date.now();
    const points = new CollectedPoints(new Interval(this.#temporality, this.#lastTime, now));
    this.#lastTime = now;
    const walk = this.#walk(points);
    for (let isOver = false; !isOver; ) {
      const errors: unknown[] = [];
      try {
        await inSlices(until(walk, () => points.count >= most));
        isOver = points.count < most;
        if (isOver) subscription.collected();
      } catch (error) {
        errors.push(error);
        isOver = true;
      }
      yield resultOf(points.take(), errors);
      // Parts are short: without a pause they would hold up the event loop together.
      if (!isOver) await nextTurn();
    }
  }

  #meet(family: AnyFamily): void {
    const delta = this.#temporality === 'delta';
    const reader = family.kind === 'histogram' ? family.open({ cumulative: !delta }) : undefined;
    if (reader !== undefined) this.#stops.push(() => reader.close());
    if (family.kind === 'sum' && delta) this.#stops.push(family.trackGains(this.#gains));
    this.#families.set(family, reader);
  }

  *#walk(points: CollectedPoints): Generator<void, void, void> {
    for (const [family, reader] of this.#families) {
      const kind = family.kind === 'sum' && family.monotonic ? 'counter' : family.kind;
      points.begin(kind, family.name, family);
      yield* family.kind === 'histogram'
        ? walkHistograms(family, reader!, points)
        : this.#walkNumbers(family, points);
    }
    yield* this.#single.walk(points);
  }

  #walkNumbers(
    family: Exclude<AnyFamily, HistogramFamily>,
    points: CollectedPoints,
  ): Generator<void, void, void> {
    const delta = family.kind === 'sum' && this.#temporality === 'delta';
    return family.walk((slot, attributes) => {
      const value = delta ? this.#gains.take(slot) : family.value(slot);
      if (delta && value === 0) return;
      points.add(family.startOf(slot), attributes, value);
    });
  }
}

function walkHistograms(
  family: HistogramFamily,
  reader: HistogramReader,
  points: CollectedPoints,
): Generator<void, void, void> {
  return family.walk((slot, attributes) => {
    reader.take(slot, (cell) => points.add(family.startOf(slot), attributes, cell.toPoint()));
  });
}

/** Goes on with a walk until it is over or there is enough. */
function* until(
  walk: Generator<void, void, void>,
  isEnough: () => boolean,
): Generator<void, void, void> {
  while (!isEnough() && walk.next().done !== true) yield;
}

function resultOf(metrics: MetricData[], errors: unknown[]): CollectionResult {
  const scopeMetrics = metrics.length > 0 ? [{ scope: { name: 'kaneda-otel' }, metrics }] : [];
  return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics }, errors };
}
