import { NONE, PairTable } from './pair-table.js';
import type { Step } from './tag-steps.js';
import type { TagValues } from './tag-values.js';

/** The table of paths that have none of their own: nothing is ever put in. */
const EMPTY = new PairTable();

/**
 * The position of a walk through tags after some keys, whatever their values. The values so far are
 * one number, the node: 0 before the first key, the id of its value after it, then a number for
 * each pair of a node and the id of the next value.
 */
export class KeyPath {
  readonly key: string;
  readonly values: TagValues;
  readonly before: KeyPath | undefined;
  /** The next path that was found last: mostly the next call goes the same way. */
  last: KeyPath | undefined = undefined;
  /** The series that end here, by the node before and the value's id. */
  ends: PairTable = EMPTY;
  /**
   * The nodes after this key, rows of the table: by the node before and the value's id. A value is
   * the number of ends that follow.
   */
  nodes: PairTable = EMPTY;
  /** The first path with one key more; the others are its siblings. */
  first: KeyPath | undefined = undefined;
  sibling: KeyPath | undefined = undefined;

  constructor(key: string, values: TagValues, before?: KeyPath) {
    this.key = key;
    this.values = values;
    this.before = before;
  }

  /** The path with this key more, if there is one. */
  next(key: string): KeyPath | undefined {
    let next = this.first;
    while (next !== undefined && next.key !== key) next = next.sibling;
    if (next !== undefined) this.last = next;
    return next;
  }

  /** The end of the series with these tags, or `NONE`. */
  endOf(steps: readonly Step[]): number {
    let at: KeyPath = this;
    let node = 0;
    let id = 0;
    for (const [key, value] of steps) {
      node = at.follow(node, id);
      const next = at.next(key);
      const found = next?.values.idOf(value);
      if (found === undefined || (node === 0 && id > 0)) return NONE;
      at = next!;
      id = found;
    }
    return at.ends.get(node, id);
  }

  /** Adds an end with these tags, unless it is there. All their values have ids. */
  insert(steps: readonly Step[], valuesOf: (key: string) => TagValues, end: number): void {
    if (this.endOf(steps) !== NONE) return;
    const { at, node, id } = this.#through(steps, valuesOf, 1);
    if (at.ends === EMPTY) at.ends = new PairTable();
    at.ends.set(node, id, end);
  }

  /** Removes the end with these tags, if it is there. */
  remove(steps: readonly Step[]): void {
    if (this.endOf(steps) === NONE) return;
    const { at, node, id } = this.#through(steps, undefined, -1);
    at.ends.delete(node, id);
    at.#prune();
  }

  /**
   * Goes through tags, and counts `more` ends after each.
   * @param valuesOf for paths that must be made.
   */
  #through(
    steps: readonly Step[],
    valuesOf: ((key: string) => TagValues) | undefined,
    more: number,
  ): { at: KeyPath; node: number; id: number } {
    let at: KeyPath = this;
    let node = 0;
    let id = 0;
    for (const [key, value] of steps) {
      node = at.#count(node, id, more);
      at = at.next(key) ?? at.#extend(key, valuesOf!(key));
      id = at.values.idOf(value)!;
    }
    return { at, node, id };
  }

  /** The node after a value, 0 if there is none. */
  follow(node: number, id: number): number {
    return node === 0 ? id : this.nodes.find(node, id);
  }

  #extend(key: string, values: TagValues): KeyPath {
    const next = new KeyPath(key, values, this);
    let last = this.first;
    while (last?.sibling !== undefined) last = last.sibling;
    if (last === undefined) this.first = next;
    else last.sibling = next;
    return next;
  }

  /** Takes itself away if nothing ends here or later, and those before it likewise. */
  #prune(): void {
    const { before } = this;
    if (before === undefined || this.ends.size > 0 || this.first !== undefined) return;
    before.#drop(this);
    before.#prune();
  }

  /** A walk may be at the path: its sibling stays the same. */
  #drop(path: KeyPath): void {
    this.last = undefined;
    if (this.first === path) this.first = path.sibling;
    for (let at = this.first; at !== undefined; at = at.sibling)
      if (at.sibling === path) at.sibling = path.sibling;
  }

  /** The node after a value, made if need be: so many ends more come after it. */
  #count(node: number, id: number, more: number): number {
    if (node === 0) return id;
    if (this.nodes === EMPTY) this.nodes = new PairTable();
    const ends = Math.max(0, this.nodes.get(node, id)) + more;
    const after = this.nodes.set(node, id, ends);
    if (ends === 0) this.nodes.delete(node, id);
    return after;
  }
}
