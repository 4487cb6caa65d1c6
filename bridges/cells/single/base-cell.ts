import type { Cell, CellKind, Dimensions } from '../cell.js';
import { INSPECT, type Inspect } from '../inspect.js';
import { Memory } from '../memory.js';
import { tellProblem } from '../tell-problem.js';

let unattachedMemory = Memory.heap(0);
let unattachedUsed = 0;

/** Words for a cell that is in no store yet. */
function allocateUnattached(words: number): { memory: Memory; index: number } {
  if (unattachedUsed + words > unattachedMemory.words) {
    unattachedMemory = Memory.heap(Math.max(words, 128));
    unattachedUsed = 0;
  }
  const index = unattachedUsed;
  unattachedUsed += words;
  return { memory: unattachedMemory, index };
}

/**
 * A frozen copy of `dimensions`, its strings well-formed. Throws `TypeError` when it is not a
 * record of strings.
 */
export function checkDimensions(dimensions: unknown): Dimensions {
  if (typeof dimensions !== 'object' || dimensions === null || Array.isArray(dimensions)) {
    throw new TypeError(
      `Dimensions are a record of strings, such as { group: 'main_loop', metric: 'ticks' }; got ${describe(dimensions)}.`,
    );
  }
  const entries = Object.entries(dimensions).map(([key, value]): [string, string] => {
    if (typeof value !== 'string') {
      const remedy = value == null ? 'give it one, or leave it out' : 'write it as String(value)';
      throw new TypeError(
        `The dimension ${JSON.stringify(key)} is ${describe(value)}; dimensions are strings: ${remedy}.`,
      );
    }
    return [key.toWellFormed(), value.toWellFormed()];
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** One text for each set of dimensions, whatever the order of their keys. */
export function dimensionsKey(dimensions: Dimensions): string {
  return JSON.stringify(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The base of all cells: dimensions, a place in memory, moving to another. Not public: `index`,
 * `i32` and the like are fields so that the hot methods of the subclasses reach memory in one step.
 */
export abstract class BaseCell implements Cell {
  abstract readonly kind: CellKind;
  readonly dimensions: Dimensions;
  readonly bytes: number;
  readonly since = Date.now();
  index: number;
  /** Index of the low half of the first word in `i32`. */
  protected low: number;
  protected i32: Int32Array;
  protected memory: Memory;
  #warned = false;

  /** Throws `TypeError` for dimensions that are not a record of strings. */
  constructor(dimensions: Dimensions, bytes = 8) {
    this.dimensions = checkDimensions(dimensions);
    this.bytes = bytes;
    const { memory, index } = allocateUnattached(Math.ceil(bytes / 8));
    this.memory = memory;
    this.index = index;
    this.low = index * 2;
    this.i32 = memory.i32;
  }

  /** The value now. */
  abstract get(): unknown;

  /** @internal Shows kind, dimensions and value. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { dimensions } = this;
    return `${this.kind} ${inspect({ dimensions, value: this.get() }, options)}`;
  }

  moveTo(memory: Memory, index: number): void {
    const start = this.index * 8;
    memory.u8.set(this.memory.u8.subarray(start, start + Math.ceil(this.bytes / 8) * 8), index * 8);
    this.memory = memory;
    this.index = index;
    this.low = index * 2;
    this.i32 = memory.i32;
  }

  /** A value that cannot be recorded: dropped, and logged once for each cell. */
  protected refuse(value: unknown, wanted: string): void {
    if (this.#warned) return;
    this.#warned = true;
    tellProblem(
      'KANEDA_REFUSED',
      `the ${this.kind} ${JSON.stringify(this.dimensions)} takes ${wanted}; ${describe(value)} was dropped. Shown once for this cell`,
    );
  }
}

/** A value for a message: never long, never throwing. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'number' || typeof value === 'boolean')
    return `${typeof value} ${String(value)}`;
  if (typeof value === 'bigint') return `bigint ${String(value).slice(0, 40)}`;
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return `a ${typeof value}`;
}
