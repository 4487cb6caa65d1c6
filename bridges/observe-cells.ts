import type {
  Meter,
  Observable,
  ObservableCallback,
  ObservableGauge,
  ObservableResult,
} from '@opentelemetry/api';
import { assertCells, assertMeter } from './assert-arguments.js';
import { CardinalityNotice } from './cardinality-notice.js';
import { type AnyCell, instrumentOf, reading, unitOf } from './cell-instruments.js';
import type {
  AnyFamily,
  CellStore,
  Description,
  GaugeFamily,
  Subscription,
} from './cells/store.js';
import { CollectionTurns } from './collection-turns.js';
import { DescribedInstruments } from './described-instruments.js';
import { HistogramsOnMeter } from './histograms-on-meter.js';
import { inSlices } from './in-slices.js';
import { InstrumentNames } from './instrument-names.js';
import { SumsOnMeter } from './sums-on-meter.js';

/** A store's numbers on a meter. */
export interface Observation {
  /** Lets go of the meter: nothing more is observed, and series that leave do not wait for it. */
  stop(): void;
  /** Resolves when all timings that were recorded before are in the meter's histograms. */
  readonly replayed: Promise<void>;
}

/**
 * Shows a store's numbers on any meter, those that come later too: sums as up-down counters,
 * monotonic ones as counters, gauges as observable gauges, Cantal's counters, integers, floats and
 * states as counters, up-down counters, observable gauges, and gauges of milliseconds. What a sum
 * gained since the last collection is added in the next one. A histogram family is a histogram of
 * the meter: what is recorded from now on is recorded there at the call, what was recorded before
 * is replayed, exact as long as it is little, else from the buckets with count, sum, min and max
 * kept.
 *
 * Characters that OpenTelemetry forbids in names become `_`; the second kind under one name gets a
 * suffix (`.gauge`, `.counter`, `.timing`). The provider's own limit of series an instrument holds,
 * 2,000 unless its reader or a View sets another: past it they share one point, in which sums and
 * timings are complete. `CellProducer` has no limit.
 * @throws TypeError for something other than a store of cells and a meter.
 */
export function observeCells(cells: CellStore, meter: Meter): Observation {
  assertCells(cells, 'observeCells()');
  assertMeter(meter, 'observeCells()');
  return new CellsOnMeter(cells, meter);
}

type Observe = (result: ObservableResult) => Promise<void> | undefined;

class CellsOnMeter implements Observation {
  readonly #meter: Meter;
  readonly #names = new InstrumentNames();
  readonly #cells = new Map<string, AnyCell[]>();
  readonly #stops: (() => void)[] = [];
  readonly #subscription: Subscription;
  readonly #turns: CollectionTurns;
  readonly #sums: SumsOnMeter;
  readonly #histograms: HistogramsOnMeter;
  readonly #notice = new CardinalityNotice();
  readonly #instruments = new DescribedInstruments();

  constructor(cells: CellStore, meter: Meter) {
    this.#meter = meter;
    this.#sums = new SumsOnMeter(cells, meter, this.#names);
    this.#histograms = new HistogramsOnMeter(meter, this.#names);
    this.#subscription = cells.observe({
      family: (family) => this.#showFamily(family),
      described: (family, what) => this.#describe(family, what),
      cell: (cell) => this.#showCell(cell as AnyCell),
    });
    this.#turns = new CollectionTurns(this.#subscription);
    // It never has a point: it is there to be asked in each collection.
    this.#answer(meter.createObservableGauge('kaneda.collection'), () => {
      for (const family of cells.families) this.#notice.look(family.name, family.size);
      return this.#sums.add();
    });
  }

  get replayed(): Promise<void> {
    return this.#histograms.replayed;
  }

  readonly stop = (): void => {
    for (const stop of this.#stops.splice(0)) stop();
    this.#histograms.stop();
    this.#subscription.stop();
  };

  #showFamily(family: AnyFamily): void {
    if (family.kind === 'histogram') this.#histograms.family(family);
    else if (family.kind === 'sum') this.#sums.family(family);
    else this.#showGauges(family);
  }

  #describe(family: AnyFamily, what: readonly (keyof Description)[]): boolean {
    if (family.kind === 'histogram') return this.#histograms.describe(family, what);
    if (family.kind === 'sum') return this.#sums.describe(family, what);
    this.#instruments.describe(family);
    return !what.includes('unit');
  }

  #showGauges(family: GaugeFamily): void {
    const unit = family.unit ?? '';
    const name = this.#names.take(family.name, 'gauge');
    const gauge = this.#instruments.make(family, () =>
      this.#meter.createObservableGauge(name, { unit, description: family.description ?? '' }),
    );
    this.#answer(gauge, (result) =>
      inSlices(family.walk((slot, attributes) => result.observe(family.value(slot), attributes))),
    );
  }

  #showCell(cell: AnyCell): void {
    if (cell.kind === 'counter' || cell.kind === 'integer') {
      this.#sums.cell(cell);
      return;
    }
    const { name } = instrumentOf(cell.dimensions);
    const key = `${cell.kind} ${name}`;
    const together = this.#cells.get(key);
    if (together !== undefined) together.push(cell);
    else this.#showTogether(name, cell, key);
  }

  /** Cells of one kind and name are one instrument. */
  #showTogether(name: string, first: AnyCell, key: string): void {
    const together = [first];
    this.#cells.set(key, together);
    const suffix = first.kind === 'float' ? 'gauge' : first.kind;
    this.#answer(this.#gauge(name, suffix, unitOf(first.kind)), (result) => {
      const now = Date.now();
      for (const cell of together) show(cell, now, result);
      return undefined;
    });
  }

  #gauge(name: string, suffix: string, unit: string): ObservableGauge {
    return this.#meter.createObservableGauge(this.#names.take(name, suffix), { unit });
  }

  #answer(instrument: Observable, observe: Observe): void {
    const callback: ObservableCallback = (result) =>
      this.#turns.run(instrument, () => observe(result));
    instrument.addCallback(callback);
    this.#stops.push(() => instrument.removeCallback(callback));
  }
}

function show(cell: AnyCell, now: number, result: ObservableResult): void {
  const { attributes } = instrumentOf(cell.dimensions);
  const shown = reading(cell, now);
  if (shown !== undefined)
    result.observe(
      shown.value,
      shown.text === undefined ? attributes : { ...attributes, text: shown.text },
    );
}
