import type { SeriesAttributes, TagPolicy, Tags, TagValue } from '../store.js';
import { KeyPath } from './key-path.js';
import { NONE } from './pair-table.js';
import { isOwn, isPlain, orderOf, reorder, shapeId } from './tag-order.js';
import { canonicalSteps, foldKeys, type Step } from './tag-steps.js';
import { OTHER, OTHER_ID, TagValues } from './tag-values.js';
import { attributesOf, walkPath } from './tag-walk.js';

/** `find` met tags that lead nowhere yet. */
export const UNKNOWN = -1;
/**
 * Other orders of the same keys that get a path of their own; calls with yet another order are
 * found too, but by sorting.
 */
const ALIASES = 8;

/** Distinct keys of tags in one metric. */
export const KEY_LIMIT = 1_000;

/** Those of the path before the first key. */
const NO_VALUES = new TagValues(0);

/**
 * The orders in which one set of keys (or lists of one length) was seen, as permutations of the
 * sorted steps. The first is where series live.
 */
interface Shape {
  orders: (readonly number[])[];
  series: number;
}

/** The questions and messages of an index to its family. */
export interface IndexOptions {
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
 * From tags to slots. A walk goes through the tags in the order in which they come, and takes with
 * it a number for the values so far: a fresh object literal is found without sorting or allocating.
 * A series lives on one path, in the order its keys were first seen in. Other orders get alias
 * paths, a bounded number for each set of keys, and only tags that need no correction do: what is
 * kept grows with the series, never with the calls.
 */
export class SeriesIndex {
  #untagged = UNKNOWN;
  readonly #records = new KeyPath('', NO_VALUES);
  /** Made with the first list. */
  #lists: KeyPath | undefined;
  /** The number of series that have a list of tags, `__other__` not counted. */
  #listSeries = 0;
  #warnedOfLists = false;
  #warnedOfKeys = false;
  readonly #keys = new Map<string, TagValues>();
  readonly #shapes = new Map<string | number, Shape>();
  readonly #options: IndexOptions;

  constructor(options: IndexOptions) {
    this.#options = options;
  }

  /** The slot of the series without tags, or `UNKNOWN`. */
  get untagged(): number {
    return this.#untagged;
  }

  /**
   * The slot of the series with these tags, or `UNKNOWN`. A tag that is `undefined` or `null` is
   * none. Throws what a getter in the tags throws.
   */
  find(tags: Tags): number {
    if (Array.isArray(tags)) return this.#findList(tags);
    let at = this.#records;
    let node = 0;
    let id = 0;
    for (const key in tags) {
      // Inherited properties are not tags. V8 answers this from the enumeration's own cache, but
      // makes a call of `Object.hasOwn`, and of a variable that a bundler does not keep constant.
      // biome-ignore lint/suspicious/noPrototypeBuiltins: see above.
      if (!Object.prototype.hasOwnProperty.call(tags, key)) return UNKNOWN;
      const value = (tags as Record<string, TagValue>)[key]!;
      const { last } = at;
      const next = last !== undefined && last.key === key ? last : at.next(key);
      let found = next?.values.idOf(value);
      if (found === undefined) {
        found = this.#idOfOther(next, value);
        if (found === 0) continue;
        if (found < 0) return UNKNOWN;
      }
      if (node === 0) node = id;
      else {
        node = at.nodes.find(node, id);
        if (node === 0) return UNKNOWN;
      }
      at = next!;
      // `| 0` tells V8 that it is an integer.
      id = found | 0;
    }
    if (id === 0) return isPlain(tags) ? this.#untagged : UNKNOWN;
    return slotOf(at.ends.get(node, id));
  }

  #findList(tags: readonly string[]): number {
    let at = this.#root(true);
    let node = 0;
    let id = 0;
    for (let i = 0; i < tags.length; i++) {
      node = at.follow(node, id);
      const found = at.values.idOf(tags[i]!);
      if (found === undefined || at.first === undefined || (node === 0 && i > 0)) return UNKNOWN;
      at = at.first;
      id = found;
    }
    return tags.length === 0 ? this.#untagged : slotOf(at.ends.get(node, id));
  }

  /**
   * The id for a value that has none of its own: that of `__other__` for one past its key's limit,
   * so that an id-like tag costs neither a series nor a look at the policy; 0 if there is no tag.
   */
  #idOfOther(path: KeyPath | undefined, value: TagValue | null | undefined): number {
    if (value === undefined || value === null) return 0;
    if (path === undefined || !path.values.folds(value)) return UNKNOWN;
    const { policy } = this.#options;
    return policy === undefined || policy.keeps(value) ? OTHER_ID : UNKNOWN;
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
      if (this.#untagged === UNKNOWN) this.#untagged = allocate(() => ({}));
      return this.#untagged;
    }
    const folded = list ? this.#foldList(steps) : steps.map((step) => this.#fold(step));
    // A list past the limit gets no path of its own, nor does a key past it.
    const isOwnPath = steps === canonical && (!list || folded === steps);
    const order = isOwnPath ? orderOf(admitted, steps) : undefined;
    const shape = this.#shape(list, folded, order);
    const home = reorder(folded, shape.orders[0]!);
    let slot = slotOf(this.#root(list).endOf(home));
    if (slot === UNKNOWN) {
      slot = allocate(() => attributesOf(list, home));
      for (const [key, value] of home) this.#valuesOf(list, key).use(value);
      this.#insert(list, home, slot);
      shape.series++;
      if (list && !isOther(folded)) this.#listSeries++;
    }
    if (given === admitted && order !== undefined && isOwn(given))
      this.#alias(list, folded, shape, order, slot);
    return slot;
  }

  /** The slot of exactly these tags, nothing folded or corrected, or `UNKNOWN`. */
  lookup(tags: Tags): number {
    const steps = canonicalSteps(tags);
    if (steps.length === 0) return this.#untagged;
    const list = Array.isArray(tags);
    const shape = this.#shapes.get(shapeId(list, steps));
    return shape === undefined
      ? UNKNOWN
      : slotOf(this.#root(list).endOf(reorder(steps, shape.orders[0]!)));
  }

  /** Takes out the series with exactly these tags, and every other way to it. */
  delete(tags: Tags): void {
    const list = Array.isArray(tags);
    const steps = canonicalSteps(tags);
    if (steps.length === 0) {
      this.#untagged = UNKNOWN;
      return;
    }
    const id = shapeId(list, steps);
    const shape = this.#shapes.get(id);
    if (shape === undefined) return;
    for (const order of shape.orders) this.#root(list).remove(reorder(steps, order));
    if (--shape.series === 0) this.#shapes.delete(id);
    for (const [key, value] of steps) this.#release(list, key, value);
    if (list && !isOther(steps)) this.#listSeries--;
  }

  /** Every series once, with its attributes; gives control back after each few. */
  *walk(visit: (slot: number, attributes: SeriesAttributes) => void): Generator<void, void, void> {
    if (this.#untagged !== UNKNOWN) visit(this.#untagged, {});
    yield* walkPath(this.#records, false, visit);
    if (this.#lists !== undefined) yield* walkPath(this.#lists, true, visit);
  }

  #valuesOf(list: boolean, key: string): TagValues {
    if (list) return this.#root(true).values;
    let values = this.#keys.get(key);
    if (values === undefined) {
      values = new TagValues(this.#options.tagLimit);
      this.#keys.set(key, values);
    }
    return values;
  }

  #release(list: boolean, key: string, value: TagValue): void {
    const values = this.#valuesOf(list, key);
    values.release(value);
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
    const values = this.#valuesOf(false, key);
    if (!values.folds(value)) return step;
    if (!values.warned) this.#options.folding(key);
    values.warned = true;
    return [key, OTHER];
  }

  /** The list itself, or `__other__` when it is one too many. */
  #foldList(steps: readonly Step[]): readonly Step[] {
    if (this.#listSeries < this.#options.listLimit || isOther(steps)) return steps;
    const shape = this.#shapes.get(shapeId(true, steps));
    if (shape !== undefined && this.#root(true).endOf(reorder(steps, shape.orders[0]!)) !== NONE)
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

  #insert(list: boolean, steps: readonly Step[], end: number): void {
    this.#root(list).insert(steps, (key) => this.#valuesOf(list, key), end);
  }

  #root(list: boolean): KeyPath {
    if (!list) return this.#records;
    // Lists fold as a whole.
    this.#lists ??= new KeyPath('', new TagValues(Number.POSITIVE_INFINITY));
    return this.#lists;
  }
}

function slotOf(end: number): number {
  if (end >= 0) return end;
  return end === NONE ? UNKNOWN : ~end;
}

/** True if steps are the list that stands for those past the limit. */
const isOther = (steps: readonly Step[]): boolean => steps.length === 1 && steps[0]![1] === OTHER;
