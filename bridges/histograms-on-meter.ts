import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import { bucketsFor } from './bucket-advice.js';
import type { Description, HistogramFamily } from './cells/store.js';
import { tellProblem } from './cells/tell-problem.js';
import { DescribedInstruments } from './described-instruments.js';
import { inSlices, YIELD_EVERY } from './in-slices.js';
import type { InstrumentNames } from './instrument-names.js';

/** A store's histograms on a meter: recorded at the call; what was recorded before is replayed. */
export class HistogramsOnMeter {
  readonly #meter: Meter;
  readonly #names: InstrumentNames;
  readonly #stops: (() => void)[] = [];
  readonly #instruments = new DescribedInstruments();
  #replayed: Promise<unknown> = Promise.resolve();

  constructor(meter: Meter, names: InstrumentNames) {
    this.#meter = meter;
    this.#names = names;
  }

  /** Resolves when everything that was recorded before is in the meter's histograms. */
  get replayed(): Promise<void> {
    return this.#replayed.then(() => undefined);
  }

  family(family: HistogramFamily): void {
    const unit = family.unit ?? '';
    const name = this.#names.take(family.name, 'timing');
    const explicitBucketBoundaries = [...(family.buckets ?? bucketsFor(unit))];
    const histogram = this.#instruments.make(family, () =>
      this.#meter.createHistogram(name, {
        unit,
        description: family.description ?? '',
        advice: { explicitBucketBoundaries },
      }),
    );
    const { backlog, stop } = family.forward((value, attributes) =>
      histogram.record(value, attributes),
    );
    this.#stops.push(stop);
    const replayed = inSlices(record(histogram, backlog));
    if (replayed !== undefined) this.#replayed = Promise.all([this.#replayed, replayed]);
  }

  /** Answers whether the family's instrument can still show it. */
  describe(family: HistogramFamily, what: readonly (keyof Description)[]): boolean {
    this.#instruments.describe(family);
    return !what.includes('unit') && !what.includes('buckets');
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
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
      if (++recorded % YIELD_EVERY === 0) yield;
    }
  } catch (error) {
    tellProblem('KANEDA_PROVIDER', 'a histogram of the MeterProvider threw', error);
  }
}
