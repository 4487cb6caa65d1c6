import type { Meter } from '@opentelemetry/api';
import { type AddedSums, addedSumsOf } from './added-sums.js';
import { type AnyCell, INSTRUMENT_OF, instrumentOf, unitOf } from './cell-instruments.js';
import type { CellStore, Description, SumFamily } from './cells/store.js';
import { inSlices, YIELD_EVERY } from './in-slices.js';
import type { InstrumentNames } from './instrument-names.js';

type Add = (by: number, attributes: Record<string, unknown>) => void;

/**
 * A store's sums on a meter, as its counters and up-down counters: what was gained since the last
 * collection is added in the next one. OpenTelemetry adds up whatever it folds into one point, past
 * a cardinality limit or by a View that drops attributes. Of observable instruments it would keep
 * the last observation alone, and who observes cannot know the limit.
 */
export class SumsOnMeter {
  readonly #meter: Meter;
  readonly #names: InstrumentNames;
  readonly #added: AddedSums;
  readonly #families = new Map<SumFamily, { name: string; add: Add | undefined }>();
  readonly #cells = new Map<string, { cells: AnyCell[]; add: Add }>();
  #adding: Promise<void> | undefined;

  constructor(cells: CellStore, meter: Meter, names: InstrumentNames) {
    this.#meter = meter;
    this.#names = names;
    this.#added = addedSumsOf(meter, cells);
  }

  /**
   * Its instrument is made when it is collected for the first time: until then it may be described.
   */
  family(family: SumFamily): void {
    this.#families.set(family, { name: this.#names.take(family.name, 'counter'), add: undefined });
  }

  /** Answers whether the family's instrument can still show it. */
  describe(family: SumFamily, what: readonly (keyof Description)[]): boolean {
    const shown = this.#families.get(family);
    if (shown?.add === undefined) return true;
    if (what.includes('unit') || (what.includes('monotonic') && family.monotonic)) return false;
    // An instrument that is made again with a description gives it to the one that there is.
    this.#make(family, shown.name);
    return true;
  }

  #make(family: SumFamily, name: string): Add {
    const options = { unit: family.unit ?? '', description: family.description ?? '' };
    const instrument = family.monotonic
      ? this.#meter.createCounter(name, options)
      : this.#meter.createUpDownCounter(name, options);
    return instrument.add.bind(instrument) as Add;
  }

  /** Takes a counter or an integer. Cells of one kind and name are one instrument. */
  cell(cell: AnyCell): void {
    const { name } = instrumentOf(cell.dimensions);
    const key = `${cell.kind} ${name}`;
    let shown = this.#cells.get(key);
    if (shown === undefined) {
      shown = { cells: [], add: this.#instrument(cell.kind, name) };
      this.#cells.set(key, shown);
    }
    shown.cells.push(cell);
  }

  /**
   * Adds what was gained; in slices if it is much. One at a time: a collection that starts
   * meanwhile waits, and adds what came since.
   */
  add(): Promise<void> | undefined {
    const added =
      this.#adding === undefined
        ? inSlices(this.#walk())
        : this.#adding.then(() => inSlices(this.#walk()));
    if (added === undefined) return undefined;
    const settled = added.then(
      () => undefined,
      () => undefined,
    );
    this.#adding = settled;
    void settled.then(() => {
      if (this.#adding === settled) this.#adding = undefined;
    });
    return added;
  }

  *#walk(): Generator<void, void, void> {
    for (const [family, shown] of this.#families) {
      shown.add ??= this.#make(family, shown.name);
      const { add } = shown;
      yield* family.walk((slot, attributes) => {
        const gained = this.#added.added(slot);
        if (gained !== undefined) add(gained, attributes);
      });
    }
    for (const { cells, add } of this.#cells.values()) yield* this.#addCells(cells, add);
  }

  *#addCells(cells: readonly AnyCell[], add: Add): Generator<void, void, void> {
    for (const [at, cell] of cells.entries()) {
      const gained = this.#added.gained(cell);
      if (gained !== undefined) add(gained, instrumentOf(cell.dimensions).attributes);
      if (at % YIELD_EVERY === YIELD_EVERY - 1) yield;
    }
  }

  #instrument(kind: AnyCell['kind'], name: string): Add {
    const free = this.#names.take(name, kind);
    const options = { unit: unitOf(kind) };
    const instrument =
      INSTRUMENT_OF[kind] === 'counter'
        ? this.#meter.createCounter(free, options)
        : this.#meter.createUpDownCounter(free, options);
    return instrument.add.bind(instrument) as Add;
  }
}
