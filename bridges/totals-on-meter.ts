import type { Meter } from '@opentelemetry/api';
import { instrumentOf } from './cell-instruments.js';
import type { CellKind } from './cells/cell.js';
import { formatDimensions } from './cells/meta-format.js';
import type { CellsReading } from './cells/reading/read-cells.js';
import type { InstrumentNames } from './instrument-names.js';
import { ProcessSums, type Total } from './process-sums.js';

type Add = (by: number, attributes: Record<string, unknown>) => void;

/** The sums of one source of processes, and the part of them that was added to one meter. */
class Source {
  readonly sums = new ProcessSums();
  readonly shown = new Map<string, { total: Total; value: bigint }>();
}

const known = new WeakMap<Meter, Map<string, Source>>();

/**
 * A later observer of the same processes on the same meter continues where the earlier one stopped:
 * nothing is added twice.
 */
function sourceFor(meter: Meter, source: string): Source {
  const sources = known.get(meter) ?? new Map<string, Source>();
  known.set(meter, sources);
  const found = sources.get(source) ?? new Source();
  sources.set(source, found);
  return found;
}

/**
 * Counters and integers of other processes, summed, as counters and up-down counters of a meter:
 * what a sum gained since the last reading is added, so that it is complete whatever the meter's
 * limits (see `SumsOnMeter`).
 */
export class TotalsOnMeter {
  readonly #meter: Meter;
  readonly #names: InstrumentNames;
  readonly #source: Source;
  readonly #instruments = new Map<string, Add>();

  /** @param source names the processes that are read. */
  constructor(meter: Meter, names: InstrumentNames, source: string) {
    this.#meter = meter;
    this.#names = names;
    this.#source = sourceFor(meter, source);
  }

  /** The number of processes that lived at the last reading. */
  get alive(): number {
    return this.#source.sums.alive;
  }

  /** Takes in what all processes that could be read showed, and adds what is new. */
  update(readings: readonly CellsReading[]): void {
    const { sums, shown } = this.#source;
    sums.update(readings);
    const gone = new Set(shown.keys());
    for (const total of sums.totals()) {
      const key = `${total.kind} ${formatDimensions(total.dimensions)}`;
      gone.delete(key);
      this.#tell(key, total, total.value);
    }
    for (const key of gone) this.#tell(key, shown.get(key)!.total, 0n);
  }

  #tell(key: string, total: Total, value: bigint): void {
    const { shown } = this.#source;
    const before = shown.get(key)?.value;
    if (before === value) return;
    shown.set(key, { total, value });
    const { name, attributes } = instrumentOf(total.dimensions);
    this.#instrument(total.kind, name)(Number(value - (before ?? 0n)), attributes);
  }

  #instrument(kind: CellKind, name: string): Add {
    const key = `${kind} ${name}`;
    let add = this.#instruments.get(key);
    if (add === undefined) {
      const free = this.#names.take(name, kind);
      const instrument =
        kind === 'counter'
          ? this.#meter.createCounter(free)
          : this.#meter.createUpDownCounter(free);
      add = instrument.add.bind(instrument) as Add;
      this.#instruments.set(key, add);
    }
    return add;
  }
}
