import type { Cell } from './cell.js';
import type { SeriesFamily } from './series/family.js';
import type { AnyFamily, CellObserver, Description, Subscription } from './store.js';
import { tellProblem } from './tell-problem.js';

/** The part of a store that is shown to observers. */
interface Shown {
  readonly cells: Iterable<Cell>;
  readonly families: Iterable<AnyFamily>;
}

interface ObserverState {
  readonly observer: CellObserver;
  /** The collection that is going on, or was the last. */
  currentCollection: number;
  /** The last collection that was finished. */
  finishedCollection: number;
}

/**
 * The observers of a store, and which collection each has finished: what leaves may go when the
 * slowest has shown it.
 */
export class Observers {
  /** The number of the collection that began last. */
  epoch = 0;
  readonly #store: Shown;
  readonly #states = new Set<ObserverState>();
  #warnedFailure = false;

  constructor(store: Shown) {
    this.#store = store;
  }

  add(observer: CellObserver): Subscription {
    const state: ObserverState = { observer, currentCollection: 0, finishedCollection: 0 };
    this.#states.add(state);
    for (const cell of this.#store.cells) observer.cell?.(cell);
    for (const family of this.#store.families) observer.family?.(family);
    return {
      collecting: (now) => {
        state.currentCollection = ++this.epoch;
        for (const family of this.#series()) family.collecting(now);
      },
      collected: () => {
        state.finishedCollection = state.currentCollection;
        this.#shown();
      },
      stop: () => {
        this.#states.delete(state);
        this.#shown();
      },
    };
  }

  cell(cell: Cell): void {
    this.#notify((observer) => observer.cell?.(cell));
  }

  family(family: AnyFamily): void {
    this.#notify((observer) => observer.family?.(family));
  }

  released(family: AnyFamily, slot: number): void {
    this.#notify((observer) => observer.released?.(family, slot));
  }

  /** Answers whether every observer can still show what was told about the family. */
  described(family: AnyFamily, what: readonly (keyof Description)[]): boolean {
    let shown = true;
    this.#notify((observer) => {
      if (observer.described?.(family, what) === false) shown = false;
    });
    return shown;
  }

  /** Runs inside recording calls: an observer that throws must not reach them. */
  #notify(call: (observer: CellObserver) => void): void {
    for (const { observer } of this.#states) {
      try {
        call(observer);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    if (!this.#warnedFailure)
      tellProblem('KANEDA_PROVIDER', 'an observer of cells threw; shown once', error);
    this.#warnedFailure = true;
  }

  #shown(): void {
    const showing = [...this.#states].filter(({ observer }) => observer.listens === undefined);
    if (showing.length === 0) return;
    const epoch = Math.min(...showing.map(({ finishedCollection }) => finishedCollection));
    for (const family of this.#series()) family.shown(epoch);
  }

  #series(): Iterable<SeriesFamily> {
    return this.#store.families as Iterable<AnyFamily & SeriesFamily>;
  }
}
