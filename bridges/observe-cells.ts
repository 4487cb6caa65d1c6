import {
  type Attributes,
  diag,
  type Histogram,
  type Meter,
  type Observable,
  type ObservableCallback,
  type ObservableResult,
} from '@opentelemetry/api';
import { type AnyCell, INSTRUMENT_OF, instrumentOf, reading, unitOf } from './cell-instruments.js';
import type { AnyFamily, CellStore, HistogramFamily, Subscription } from './cells/store.js';
import { inSlices } from './in-slices.js';
import { InstrumentNames } from './instrument-names.js';

/** A store's numbers on a meter. */
export interface Observation {
  /** Lets go of the meter: nothing more is observed, and series that leave do not wait for it. */
  stop(): void;
  /** Resolves when all timings that were recorded before are in the meter's histograms. */
  readonly replayed: Promise<void>;
}

/**
 * Shows a store's numbers on any meter, those that come later too: sums as observable up-down counters, gauges as observable gauges,
 * Cantal's counters, integers, floats and states as observable counters, up-down counters, gauges, and gauges of milliseconds. A
 * histogram family is a histogram of the meter: what is recorded from now on is recorded there at the call, what was recorded before
 * is replayed, exact as long as it is little, else from the buckets with count, sum, min and max kept.
 *
 * Characters that OpenTelemetry forbids in names become `_`; the second kind under one name gets a suffix (`.gauge`, `.counter`,
 * `.timing`). How many series an instrument may have is the provider's own limit: OpenTelemetry's is 2,000 unless told otherwise, and
 * what is beyond it becomes one series. `CellProducer` has no such limit.
 */
export function observeCells(cells: CellStore, meter: Meter): Observation {
  return new CellsOnMeter(cells, meter);
}

class CellsOnMeter implements Observation {
  readonly #meter: Meter;
  readonly #names = new InstrumentNames();
  readonly #cells = new Map<string, AnyCell[]>();
  readonly #stops: (() => void)[] = [];
  readonly #subscription: Subscription;
  /** The instruments that were asked in the collection that is going on. */
  readonly #asked = new Set<Observable>();
  #replayed: Promise<unknown> = Promise.resolve();

  constructor(cells: CellStore, meter: Meter) {
    this.#meter = meter;
    this.#subscription = cells.observe({
      family: (family) =>
        family.kind === 'histogram' ? this.#forward(family) : this.#showFamily(family),
      cell: (cell) => this.#showCell(cell as AnyCell),
    });
  }

  get replayed(): Promise<void> {
    return this.#replayed.then(() => undefined);
  }

  readonly stop = (): void => {
    for (const stop of this.#stops.splice(0)) stop();
    this.#subscription.stop();
  };

  #showFamily(family: Exclude<AnyFamily, HistogramFamily>): void {
    const { name, unit = '' } = family;
    const instrument =
      family.kind === 'sum'
        ? this.#meter.createObservableUpDownCounter(this.#names.take(name, 'counter'), { unit })
        : this.#meter.createObservableGauge(this.#names.take(name, 'gauge'), { unit });
    this.#answer(instrument, (result) =>
      inSlices(family.walk((slot, attributes) => result.observe(family.value(slot), attributes))),
    );
  }

  /** Cells of one kind and name are one instrument. */
  #showCell(cell: AnyCell): void {
    const { name } = instrumentOf(cell.dimensions);
    const key = `${cell.kind} ${name}`;
    const shown = this.#cells.get(key);
    if (shown !== undefined) {
      shown.push(cell);
      return;
    }
    const together = [cell];
    this.#cells.set(key, together);
    this.#answer(this.#instrument(cell.kind, name), (result) => {
      const now = Date.now();
      for (const one of together) show(one, now, result);
    });
  }

  #instrument(kind: AnyCell['kind'], name: string): Observable {
    const options = { unit: unitOf(kind) };
    const free = this.#names.take(name, kind === 'float' ? 'gauge' : kind);
    if (INSTRUMENT_OF[kind] === 'counter')
      return this.#meter.createObservableCounter(free, options);
    if (INSTRUMENT_OF[kind] === 'upDownCounter')
      return this.#meter.createObservableUpDownCounter(free, options);
    return this.#meter.createObservableGauge(free, options);
  }

  #answer(
    instrument: Observable,
    observe: (result: ObservableResult) => Promise<void> | undefined | void,
  ): void {
    const callback: ObservableCallback = (result) => {
      this.#turn(instrument);
      return observe(result) ?? undefined;
    };
    instrument.addCallback(callback);
    this.#stops.push(() => instrument.removeCallback(callback));
  }

  /** The API does not say where a collection begins: the first instrument that is asked again begins the next. */
  #turn(instrument: Observable): void {
    if (this.#asked.has(instrument)) this.#asked.clear();
    if (this.#asked.size === 0) {
      this.#subscription.collected();
      this.#subscription.collecting(performance.now());
    }
    this.#asked.add(instrument);
  }

  #forward(family: HistogramFamily): void {
    const histogram = this.#meter.createHistogram(this.#names.take(family.name, 'timing'), {
      unit: family.unit ?? '',
    });
    const { backlog, stop } = family.forward((value, attributes) =>
      histogram.record(value, attributes),
    );
    this.#stops.push(stop);
    const replayed = inSlices(record(histogram, backlog));
    if (replayed !== undefined) this.#replayed = Promise.all([this.#replayed, replayed]);
  }
}

function* record(
  histogram: Histogram,
  backlog: Iterable<readonly [number, Attributes]>,
): Generator<void, void, void> {
  let recorded = 0;
  try {
    for (const [value, attributes] of backlog) {
      histogram.record(value, attributes);
      if ((++recorded & 31) === 0) yield;
    }
  } catch (error) {
    diag.error('kaneda-otel: a histogram of the MeterProvider threw', error);
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
