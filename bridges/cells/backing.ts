import type { CellKind, Dimensions } from './cell.js';
import { Memory } from './memory.js';

/** The content of one place of a store's memory. Words between entries are unused: pads. */
export interface LayoutEntry {
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
 * The source of a store's words: the heap, or a mapped file. A store moves to another backing by
 * `store.moveTo(backing)`: the words are copied to the same indexes, then every cell and family is
 * pointed at the new memory.
 */
export interface Backing {
  /** Others read the memory while it is written: each number must be there at once. */
  readonly readFromOutside?: boolean;
  /**
   * Memory whose first `words` words may be touched, zeroed where they were not before. Another
   * object than the last time is allowed: the store copies and points everything over. Throws when
   * there is no more: the store then continues on the heap and calls `onAbandoned`.
   */
  reserve(words: number): Memory;
  /**
   * Places were taken or freed; the words of new places are initialised already. `layout` lists
   * what lies where in the order of the indexes, as it is when called: publish now or later. Places
   * with equal dimensions can occur (a gauge and a counter of one name).
   */
  changed?(layout: () => LayoutEntry[]): void;
  /**
   * A series is gone, and its word, 0 now, may go to another one once `release` was called. A
   * backing whose readers still look for the old one there calls it later, whenever; without this
   * method it happens at once.
   */
  onWordFreed?(release: () => void): void;
  /**
   * The store lives elsewhere now and touches this memory no more. `error`: what `reserve` threw,
   * when that was the reason.
   */
  onAbandoned?(error?: unknown): void;
}

/** Words on the heap, growing by quarters. */
export class HeapBacking implements Backing {
  #memory = Memory.heap(0);

  reserve(words: number): Memory {
    if (words <= this.#memory.words) return this.#memory;
    this.#memory = Memory.heap(Math.max(words, 512, Math.ceil(this.#memory.words * 1.25)));
    return this.#memory;
  }
}

/**
 * For `moveTo`: what a store that can change its backing offers beyond `CellStore`. `HeapCells` and
 * `MappedCells` both do.
 */
export interface Movable {
  /**
   * Carries every value over to `backing` and continues there; `onAbandoned` of the old one is
   * called. Throws what `backing.reserve` throws, with nothing changed.
   */
  moveTo(backing: Backing): void;
  /** The places and their content, in the order of the indexes. */
  layout(): LayoutEntry[];
}
