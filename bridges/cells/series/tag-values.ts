import type { TagValue } from '../store.js';

/** The tag value that values beyond a key's limit become. */
export const OTHER = '__other__';
export const OTHER_ID = 1;

/**
 * The distinct values of one key over all series of a family. Each has a number from 1 on, its id,
 * for as long as a series has the value.
 */
export class TagValues {
  /** `__other__` is always there, and never counted. */
  readonly ids = new Map<TagValue, number>([[OTHER, OTHER_ID]]);
  /** The number of series that have the key. */
  series = 0;
  /** True once a warning was logged that this key's values fold. */
  warned = false;
  readonly #limit: number;
  /** By id, like the number of series that have each. */
  readonly #values: TagValue[] = [OTHER, OTHER];
  readonly #uses: number[] = [0, 0];
  readonly #free: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True if `value` is one too many. */
  folds(value: TagValue): boolean {
    return this.ids.size > this.#limit && !this.ids.has(value);
  }

  valueOf(id: number): TagValue {
    return this.#values[id]!;
  }

  /** Counts one series more that has the value. */
  use(value: TagValue): void {
    let id = this.ids.get(value);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#values.length;
      this.#values[id] = value;
      this.#uses[id] = 0;
      this.ids.set(value, id);
    }
    this.#uses[id]!++;
    this.series++;
  }

  /** Counts one series less; the id of a value without series goes to another value. */
  release(value: TagValue): void {
    this.series--;
    const id = this.ids.get(value)!;
    if (--this.#uses[id]! > 0 || id === OTHER_ID) return;
    this.ids.delete(value);
    this.#values[id] = OTHER;
    this.#free.push(id);
  }
}
