import type { SeriesAttributes, TagPolicy, Tags, TagValue } from '../store.js';
import {
  Branch,
  branchFor,
  canonicalSteps,
  foldKeys,
  KeyValues,
  NONE,
  OTHER,
  type Position,
  prune,
  type Step,
} from './tag-branch.js';
import { isOwn, isPlain, orderOf, reorder, shapeId } from './tag-order.js';
import { attributesOf, walkBranches, withElement, withTag } from './tag-walk.js';

/** `find` met tags that lead nowhere yet. */
export const UNKNOWN = -1;
/**
 * Other orders of the same keys that get a path of their own; calls with yet another order are
 * found too, but by sorting.
 */
const ALIASES = 8;

/** Distinct keys of tags in one metric; siblings are looked through one by one. */
export const KEY_LIMIT = 1_000;

const hasOwn = Object.prototype.hasOwnProperty;

/**
 * The orders in which one set of keys (or lists of one length) was seen, as permutations of the
 * sorted steps. The first is where series live.
 */
interface Shape {
  orders: (readonly number[])[];
  series: number;
}

/** The questions and messages of a trie to its family. */
export interface TrieOptions {
  readonly policy: TagPolicy | undefined;
  readonly tagLimit: number;
  /** At most so many lists, and `__other__` beside them. */
  readonly listLimit: number;
  /**
   * A key has as many values as it may; called once a key. `undefined`: there are as many lists as
   * there may be.
   */
  folding(key: string | undefined): void;
  /** There are as many keys as there may be; called once. */
  foldingKeys(): void;
}

/**
 * From tags to slots: nested maps, walked in the order in which the tags come, so that a fresh
 * object literal is found without sorting, hashing a string or allocating. A series lives on one
 * path, in the order its keys were first seen in. Other orders get alias paths, a bounded number
 * for each set of keys, and only tags that need no correction do: paths grow with the series, never
 * with the calls.
 */
export class Trie {
  #records: Position | undefined;
  #lists: Position | undefined;
  #untagged = NONE;
  /** The number of series that have a list of tags, `__other__` not counted. */
  #listSeries = 0;
  #warnedOfLists = false;
  #warnedOfKeys = false;
  readonly #keys = new Map<string, KeyValues>();
  readonly #shapes = new Map<string | number, Shape>();
  readonly #options: TrieOptions;

  constructor(options: TrieOptions) {
    this.#options = options;
  }

  /**
   * The slot of the series with these tags, or `UNKNOWN`. A tag that is `undefined` or `null` is
   * none. Throws what a getter in the tags throws.
   */
  find(tags: Tags | undefined): number {
    if (tags === undefined) return this.#untagged === NONE ? UNKNOWN : this.#untagged;
    if (Array.isArray(tags)) return this.#findList(tags);
    let at = this.#records;
    let any = false;
    for (const key in tags) {
      // Inherited properties are not tags. V8 answers this from the enumeration's own cache.
      if (!hasOwn.call(tags, key)) return UNKNOWN;
      const value = (tags as Record<string, TagValue | undefined | null>)[key];
      if (value === undefined || value === null) continue;
      if (typeof at !== 'object') return UNKNOWN;
      const branch: Branch | undefined = at.key === key ? at : at.siblingFor(key);
      if (branch === undefined) return UNKNOWN;
      const next = branch.next.get(value);
      at = next === undefined ? this.#folded(branch, value) : next;
      any = true;
    }
    if (typeof at === 'number' && at >= 0 && any) return at;
    if (any) return slotAt(at);
    return isPlain(tags) ? this.find(undefined) : UNKNOWN;
  }

  #findList(tags: readonly string[]): number {
    if (tags.length === 0) return this.find(undefined);
    let at = this.#lists;
    for (let i = 0; i < tags.length; i++) {
      if (typeof at !== 'object') return UNKNOWN;
      at = at.next.get(tags[i]!);
    }
    return slotAt(at);
  }

  /**
   * The position of a value that is past its key's limit: found here, an id-like tag costs neither
   * a path nor a look at the policy.
   */
  #folded(branch: Branch, value: TagValue): Position | undefined {
    if (branch.values === undefined || !branch.values.folds(value)) return undefined;
    if (this.#options.policy !== undefined && !this.#options.policy.keeps(value)) return undefined;
    return branch.next.get(OTHER);
  }

  /**
   * The slow way, for tags that `find` does not know: `allocate` gives a new series its slot.
   * `given` are the tags as called, `admitted` what the policy made of them.
   */
  resolve(
    given: Tags,
    admitted: Tags,
    allocate: (attributes: () => SeriesAttributes) => number,
  ): number {
    const list = Array.isArray(admitted);
    const canonical = canonicalSteps(admitted);
    const steps = list ? canonical : this.#foldKeys(canonical);
    if (steps.length === 0) {
      if (this.#untagged === NONE) this.#untagged = allocate(() => ({}));
      return this.#untagged;
    }
    const folded = list ? this.#foldList(steps) : steps.map((step) => this.#fold(step));
    // A list past the limit gets no path of its own, nor does a key past it.
    const isOwnPath = steps === canonical && (!list || folded === steps);
    const order = isOwnPath ? orderOf(admitted, steps) : undefined;
    const shape = this.#shape(list, folded, order);
    const home = reorder(folded, shape.orders[0]!);
    let slot = this.#at(list, home);
    if (slot === UNKNOWN) {
      slot = allocate(() => attributesOf(home, list ? withElement : withTag));
      this.#insert(list, home, slot);
      shape.series++;
      if (!list) for (const [key, value] of folded) this.#keyValues(key).use(value);
      else if (!isOther(folded)) this.#listSeries++;
    }
    if (given === admitted && order !== undefined && isOwn(given))
      this.#alias(list, folded, shape, order, slot);
    return slot;
  }

  /** The slot of exactly these tags, nothing folded or corrected, or `UNKNOWN`. */
  lookup(tags: Tags): number {
    const steps = canonicalSteps(tags);
    if (steps.length === 0) return this.find(undefined);
    const list = Array.isArray(tags);
    const shape = this.#shapes.get(shapeId(list, steps));
    return shape === undefined ? UNKNOWN : this.#at(list, reorder(steps, shape.orders[0]!));
  }

  /** Takes out the series with exactly these tags, and every other way to it. */
  delete(tags: Tags): void {
    const list = Array.isArray(tags);
    const steps = canonicalSteps(tags);
    if (steps.length === 0) {
      this.#untagged = NONE;
      return;
    }
    const id = shapeId(list, steps);
    const shape = this.#shapes.get(id);
    if (shape === undefined) return;
    for (const order of shape.orders) this.#remove(list, reorder(steps, order));
    if (--shape.series === 0) this.#shapes.delete(id);
    if (!list) for (const [key, value] of steps) this.#release(key, value);
    else if (!isOther(steps)) this.#listSeries--;
  }

  /** Every series once, with its attributes; gives control back after each few. */
  *walk(visit: (slot: number, attributes: SeriesAttributes) => void): Generator<void, void, void> {
    if (this.#untagged !== NONE) visit(this.#untagged, {});
    if (typeof this.#records === 'object') yield* walkBranches(this.#records, {}, visit, withTag);
    if (typeof this.#lists === 'object') yield* walkBranches(this.#lists, {}, visit, withElement);
  }

  #keyValues(key: string): KeyValues {
    let values = this.#keys.get(key);
    if (values === undefined) {
      values = new KeyValues(this.#options.tagLimit);
      this.#keys.set(key, values);
    }
    return values;
  }

  #release(key: string, value: TagValue): void {
    const values = this.#keyValues(key);
    values.free(value);
    if (values.series === 0) this.#keys.delete(key);
  }

  #foldKeys(steps: readonly Step[]): readonly Step[] {
    const folded = foldKeys(steps, this.#keys, KEY_LIMIT);
    if (folded !== steps && !this.#warnedOfKeys) this.#options.foldingKeys();
    this.#warnedOfKeys ||= folded !== steps;
    return folded;
  }

  #fold(step: Step): Step {
    const [key, value] = step;
    const values = this.#keyValues(key);
    if (!values.folds(value)) return step;
    if (!values.warned) this.#options.folding(key);
    values.warned = true;
    return [key, OTHER];
  }

  /** The list itself, or `__other__` when it is one too many. */
  #foldList(steps: readonly Step[]): readonly Step[] {
    if (this.#listSeries < this.#options.listLimit || isOther(steps)) return steps;
    const shape = this.#shapes.get(shapeId(true, steps));
    if (shape !== undefined && this.#at(true, reorder(steps, shape.orders[0]!)) !== UNKNOWN)
      return steps;
    if (!this.#warnedOfLists) this.#options.folding(undefined);
    this.#warnedOfLists = true;
    return [['', OTHER]];
  }

  #shape(list: boolean, steps: readonly Step[], order: readonly number[] | undefined): Shape {
    const id = shapeId(list, steps);
    let shape = this.#shapes.get(id);
    if (shape === undefined) {
      shape = { orders: [(list ? undefined : order) ?? steps.map((_, i) => i)], series: 0 };
      this.#shapes.set(id, shape);
    }
    return shape;
  }

  #alias(
    list: boolean,
    steps: readonly Step[],
    shape: Shape,
    order: readonly number[],
    slot: number,
  ): void {
    let known = shape.orders.findIndex((other) => other.every((at, i) => at === order[i]));
    if (known < 0 && shape.orders.length <= ALIASES) known = shape.orders.push(order) - 1;
    if (known > 0) this.#insert(list, reorder(steps, order), ~slot);
  }

  #at(list: boolean, path: readonly Step[]): number {
    let at = list ? this.#lists : this.#records;
    for (const [key, value] of path) at = branchFor(at, key)?.next.get(value);
    return slotAt(at);
  }

  #setRoot(list: boolean, at: Position | undefined): void {
    if (list) this.#lists = at;
    else this.#records = at;
  }

  #insert(list: boolean, path: readonly Step[], leaf: number): void {
    let place = (at: Position): void => this.#setRoot(list, at);
    let at = list ? this.#lists : this.#records;
    for (const [key, value] of path) {
      let branch = branchFor(at, key);
      if (branch === undefined) {
        branch = new Branch(key, list ? undefined : this.#keyValues(key));
        if (typeof at === 'object') at.append(branch);
        else {
          if (at !== undefined) branch.end = at;
          place(branch);
        }
      }
      const { next } = branch;
      place = (position) => next.set(value, position);
      at = next.get(value);
    }
    if (typeof at === 'object') at.end = leaf;
    else place(leaf);
  }

  #remove(list: boolean, path: readonly Step[]): void {
    this.#setRoot(list, prune(list ? this.#lists : this.#records, path, 0));
  }
}

function slotAt(at: Position | undefined): number {
  if (at === undefined) return UNKNOWN;
  const end = typeof at === 'number' ? at : at.end;
  if (end >= 0) return end;
  return end === NONE ? UNKNOWN : ~end;
}

/** True if steps are the list that stands for those past the limit. */
const isOther = (steps: readonly Step[]): boolean => steps.length === 1 && steps[0]![1] === OTHER;
