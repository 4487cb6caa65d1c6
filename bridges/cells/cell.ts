import type { Memory } from './memory.js';

/** Dimensions of a Cantal cell: string keys, string values, no order. */
export type Dimensions = Readonly<Record<string, string>>;

/** The kind of number that a single cell holds; the names are those of Cantal's classes. */
export type CellKind = 'counter' | 'integer' | 'float' | 'state';

/**
 * A single cell: one number (or state) with its dimensions. The classes `CounterCell`,
 * `IntegerCell`, `FloatCell` and `StateCell` implement it; `new CounterCell(dimensions)` works at
 * once on eight bytes of its own, `store.add(cell)` gives it a place in a store. The object is the
 * handle: it stays the same when the store's memory is exchanged.
 */
export interface Cell {
  /** The kind of number that the cell holds. */
  readonly kind: CellKind;
  /** Checked (strings, well-formed), frozen. */
  readonly dimensions: Dimensions;
  /** The length of the cell in bytes: 8, or for a state 8 + its text size, not rounded up. */
  readonly bytes: number;
  /** Index of the first word in the memory it lives in now. */
  readonly index: number;
  /**
   * Milliseconds since the epoch at which the cell was made: the start time of its cumulative
   * points.
   */
  readonly since: number;
  /** Goes on at `index` of `memory`, with the value it has now. Called by stores only. */
  moveTo(memory: Memory, index: number): void;
}
