import type { SeriesFamily } from './series/family.js';
import type { AnyFamily, Cell, CellObserver, Description, Subscription } from './store.js';
import { tellProblem } from './tell-problem.js';

/** The part of a store that seats look at. */
interface Shown {
  readonly cells: Iterable<Cell>;
  readonly families: Iterable<AnyFamily>;
}

interface Seat {
  readonly observer: CellObserver;
  /** The collection that is going on, or was the last. */
  taking: number;
  /** The last collection that was finished. */
  taken: number;
}

/**
 * The observers of a store, and which collection each has finished: what leaves may go when the
 * slowest has shown it.
 */
export class Seats {
  /** The number of the collection that began last. */
  epoch = 0;
  readonly #store: Shown;
  readonly #seats = new Set<Seat>();
  #toldFailure = false;

  constructor(store: Shown) {
    this.#store = store;
  }

  take(observer: CellObserver): Subscription {
    const seat: Seat = { observer, taking: 0, taken: 0 };
    this.#seats.add(seat);
    for (const cell of this.#store.cells) observer.cell?.(cell);
    for (const family of this.#store.families) observer.family?.(family);
    return {
      collecting: (now) => {
        seat.taking = ++this.epoch;
        for (const family of this.#series()) family.collecting(now);
      },
      collected: () => {
        seat.taken = seat.taking;
        this.#shown();
      },
      stop: () => {
        this.#seats.delete(seat);
        this.#shown();
      },
    };
  }

  cell(cell: Cell): void {
    this.#tell((observer) => observer.cell?.(cell));
  }

  family(family: AnyFamily): void {
    this.#tell((observer) => observer.family?.(family));
  }

  released(family: AnyFamily, slot: number): void {
    this.#tell((observer) => observer.released?.(family, slot));
  }

  /** Answers whether every observer can still show what was told about the family. */
  described(family: AnyFamily, what: readonly (keyof Description)[]): boolean {
    let shown = true;
    this.#tell((observer) => {
      if (observer.described?.(family, what) === false) shown = false;
    });
    return shown;
  }

  /** Runs inside recording calls: an observer that throws must not reach them. */
  #tell(tell: (observer: CellObserver) => void): void {
    for (const { observer } of this.#seats) {
      try {
        tell(observer);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    if (!this.#toldFailure)
      tellProblem('KANEDA_PROVIDER', 'an observer of cells threw; told once', error);
    this.#toldFailure = true;
  }

  #shown(): void {
    const showing = [...this.#seats].filter(({ observer }) => observer.listens === undefined);
    if (showing.length === 0) return;
    const epoch = Math.min(...showing.map(({ taken }) => taken));
    for (const family of this.#series()) family.shown(epoch);
  }

  #series(): Iterable<SeriesFamily> {
    return this.#store.families as Iterable<AnyFamily & SeriesFamily>;
  }
}
