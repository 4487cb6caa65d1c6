import { Memory } from './memory.js';
import type { CellKind, Dimensions } from './store.js';

/** The content of one place of a store's memory. Words between places are unused: pads. */
export interface Place {
  /** First word. */
  readonly index: number;
  /** Length in bytes, not rounded up to words. */
  readonly bytes: number;
  readonly kind: CellKind;
  /**
   * A cell's own; for a series `{ metric: name, ...tags }`, with tags called `group`, `state` or
   * `metric` prefixed `tag_`.
   */
  readonly dimensions: Dimensions;
}

/**
 * The source of a store's words: the heap, or a mapped file. A store goes on in another home by
 * `store.moveTo(home)`: the words are copied to the same indexes, then every cell and family is
 * pointed at the new memory.
 */
export interface Home {
  /** Others read the memory while it is written: each number must be there at once. */
  readonly readFromOutside?: boolean;
  /**
   * Memory whose first `words` words may be touched, zeroed where they were not before. Another
   * object than the last time is allowed: the store copies and points everything over. Throws when
   * there is no more: the store then stays on the heap and calls `left`.
   */
  reserve(words: number): Memory;
  /**
   * Places were taken or freed; the words of new places are initialised already. `layout` lists
   * what lies where in the order of the indexes, as it is when called: publish now or later. Places
   * with equal dimensions can occur (a gauge and a counter of one name).
   */
  changed?(layout: () => Place[]): void;
  /**
   * A series is gone, and its word, 0 now, may go to another one once `release` was called. A home
   * whose readers still look for the old one there calls it later, whenever; without this method it
   * happens at once.
   */
  freed?(release: () => void): void;
  /**
   * The store lives elsewhere now and touches this memory no more. `error`: what `reserve` threw,
   * when that was the reason.
   */
  left?(error?: unknown): void;
}

/** Words on the heap, growing by halves. */
export class HeapHome implements Home {
  #memory = Memory.heap(0);

  reserve(words: number): Memory {
    if (words <= this.#memory.words) return this.#memory;
    this.#memory = Memory.heap(Math.max(words, 512, Math.ceil(this.#memory.words * 1.5)));
    return this.#memory;
  }
}

/**
 * For `moveTo`: what a store that can change its home offers beyond `CellStore`. `HeapCells` and
 * `MappedCells` both do.
 */
export interface Movable {
  /**
   * Carries every value over to `home` and goes on there; the old home's `left` is called. Throws
   * what `home.reserve` throws, with nothing changed.
   */
  moveTo(home: Home): void;
  /** The places and their content, in the order of the indexes. */
  layout(): Place[];
}
