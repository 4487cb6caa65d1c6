import { type Backing, HeapBacking, type LayoutEntry, type Movable } from './backing.js';
import type { Cell } from './cell.js';
import { DuplicateValueError } from './errors.js';
import { INSPECT, type Inspect } from './inspect.js';
import type { Memory } from './memory.js';
import { Observers } from './observers.js';
import { seriesDimensions } from './series/dimensions.js';
import type { SeriesFamily } from './series/family.js';
import { HistogramSeries } from './series/histogram-family.js';
import { GaugeSeries, SumSeries, type WordHost } from './series/number-families.js';
import { dimensionsKey } from './single/base-cell.js';
import type {
  AnyFamily,
  CellObserver,
  CellStore,
  FamilyKind,
  FamilyOptions,
  GaugeFamily,
  HistogramFamily,
  Subscription,
  SumFamily,
} from './store.js';
import { tellProblem } from './tell-problem.js';

type Series = SumSeries | GaugeSeries | HistogramSeries;

const SERIES = { sum: SumSeries, gauge: GaugeSeries, histogram: HistogramSeries };

/** @throws TypeError for a kind that there is not. */
function seriesOf<Kind extends FamilyKind>(kind: Kind): (typeof SERIES)[Kind] {
  if (!Object.hasOwn(SERIES, kind))
    throw new TypeError("family() takes a kind: pass 'sum', 'gauge' or 'histogram'.");
  return SERIES[kind];
}

/**
 * The one implementation of cell stores; where its words come from, a `Backing`, is all that
 * differs.
 */
export abstract class BaseCells implements CellStore, Movable {
  #backing: Backing;
  #memory: Memory;
  #marks: Uint8Array = new Uint8Array(0);
  #used = 0;
  readonly #free: number[] = [];
  readonly #cells: Cell[] = [];
  readonly #keys = new Set<string>();
  readonly #families = new Map<string, Series>();
  readonly #observers = new Observers(this);
  readonly #host: WordHost;
  #warnedUnreadable = false;

  constructor(backing: Backing) {
    this.#backing = backing;
    this.#memory = backing.reserve(0);
    this.#host = this.#makeHost();
  }

  get cells(): Iterable<Cell> {
    return this.#cells;
  }

  get families(): Iterable<AnyFamily> {
    return this.#families.values();
  }

  add(cell: Cell): void {
    if (typeof cell?.moveTo !== 'function')
      throw new TypeError('add() takes a cell: pass a Counter, Integer, Float or State.');
    const key = dimensionsKey(cell.dimensions);
    if (this.#keys.has(key)) throw new DuplicateValueError(cell.dimensions);
    const words = Math.ceil(cell.bytes / 8);
    this.#reserve(this.#used + words);
    this.#keys.add(key);
    cell.moveTo(this.#memory, this.#used);
    this.#used += words;
    this.#cells.push(cell);
    this.#changed();
    this.#observers.cell(cell);
  }

  family(kind: 'sum', name: string, options?: FamilyOptions): SumFamily;
  family(kind: 'gauge', name: string, options?: FamilyOptions): GaugeFamily;
  family(kind: 'histogram', name: string, options?: FamilyOptions): HistogramFamily;
  family(kind: FamilyKind, name: string, options: FamilyOptions = {}): AnyFamily {
    const key = `${kind} ${name}`;
    let family = this.#families.get(key);
    if (family === undefined) {
      family = new (seriesOf(kind))(name, options, this.#host);
      if (family.kind !== 'histogram') family.pointAt(this.#memory.f64, this.#marks);
      this.#families.set(key, family);
      this.#observers.family(family);
    }
    return family;
  }

  /** The name under which it is inspected. */
  protected abstract readonly label: string;

  /** Shows how much is in it, of series by name, and where its file is if it has one. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const series = [...this.#families.values()].map(
      ({ kind, name, size }) => [`${kind} ${name}`, size] as const,
    );
    const path = Reflect.get(this, 'path') as string | undefined;
    const seen = {
      ...(path !== undefined && { path }),
      cells: this.#cells.length,
      series: Object.fromEntries(series),
    };
    return `${this.label} ${inspect(seen, options)}`;
  }

  observe(observer: CellObserver): Subscription {
    return this.#observers.add(observer);
  }

  moveTo(backing: Backing): void {
    for (const family of this.#families.values()) if (family.kind === 'sum') family.addDeferred();
    const memory = backing.reserve(this.#used);
    const before = this.#backing;
    this.#backing = backing;
    this.#pointAt(memory);
    before.onAbandoned?.();
    this.#changed();
  }

  layout(): LayoutEntry[] {
    const entries: LayoutEntry[] = this.#cells.map(({ index, bytes, kind, dimensions }) => ({
      index,
      bytes,
      kind,
      dimensions,
    }));
    for (const family of this.#families.values()) {
      if (family.kind === 'histogram') continue;
      const each = family.list((index, attributes) => {
        entries.push({
          index,
          bytes: 8,
          kind: 'float',
          dimensions: seriesDimensions(family.name, attributes),
        });
      });
      for (const _ of each);
    }
    return entries.sort((a, b) => a.index - b.index);
  }

  #makeHost(): WordHost {
    const observers = this.#observers;
    const readFromOutside = (): boolean => this.#backing.readFromOutside === true;
    return {
      get readFromOutside() {
        return readFromOutside();
      },
      get epoch() {
        return observers.epoch;
      },
      takeWord: () => this.#takeWord(),
      giveWord: (slot) => this.#giveWord(slot),
      appeared: () => this.#changed(),
      released: (family: SeriesFamily, slot: number) => observers.released(family as Series, slot),
      failed: (error) => this.#warnUnreadable(error),
      described: (family, what) => observers.described(family as Series, what),
    };
  }

  #takeWord(): { slot: number; reused: boolean } {
    const free = this.#free.pop();
    if (free !== undefined) return { slot: free, reused: true };
    this.#reserve(this.#used + 1);
    return { slot: this.#used++, reused: false };
  }

  #giveWord(slot: number): void {
    const release = (): void => {
      this.#free.push(slot);
    };
    if (this.#backing.onWordFreed === undefined) release();
    else this.#backing.onWordFreed(release);
    this.#changed();
  }

  #reserve(words: number): void {
    let memory: Memory;
    try {
      memory = this.#backing.reserve(words);
    } catch (error) {
      const before = this.#backing;
      this.#backing = new HeapBacking();
      this.#pointAt(this.#backing.reserve(words));
      before.onAbandoned?.(error);
      return;
    }
    if (memory !== this.#memory || words > this.#marks.length) this.#pointAt(memory);
  }

  /** Moves all cells to `memory`; the marks grow with it. */
  #pointAt(memory: Memory): void {
    if (memory !== this.#memory) {
      const before = this.#memory;
      memory.u8.set(before.u8.subarray(0, this.#used * 8));
      this.#memory = memory;
      for (const cell of this.#cells) cell.moveTo(memory, cell.index);
    }
    if (this.#marks.length <= this.#used) {
      const marks = new Uint8Array(
        Math.min(memory.words, Math.max(512, Math.ceil(this.#used * 1.25))),
      );
      marks.set(this.#marks);
      this.#marks = marks;
    }
    for (const family of this.#families.values())
      if (family.kind !== 'histogram') family.pointAt(memory.f64, this.#marks);
  }

  #changed(): void {
    this.#backing.changed?.(() => this.layout());
  }

  #warnUnreadable(error: unknown): void {
    if (this.#warnedUnreadable) return;
    this.#warnedUnreadable = true;
    tellProblem(
      'KANEDA_REFUSED',
      'tags that throw when they are read were dropped; shown once',
      error,
    );
  }
}
