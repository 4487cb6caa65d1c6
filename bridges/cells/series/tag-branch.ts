import type { Tags, TagValue } from '../store.js';

/** The tag value that values beyond a key's limit become. */
export const OTHER = '__other__';

/** No series ends here. Below every slot and every alias. */
export const NONE = -0x80000000;

/** One tag on the way to a series. Elements of a list all have the key `''`. */
export type Step = readonly [key: string, value: TagValue];

/**
 * The position of a walk after some steps: more may follow (a branch), or a series ends and nothing
 * follows (a number). A number of 0 or more is a slot; an alias, which is the same series reached
 * with the keys in another order, is the slot's complement, below 0.
 */
export type Position = Branch | number;

/**
 * Distinct values of one key over all series of a family, with the number of series that have each.
 */
export class KeyValues {
  readonly #uses = new Map<TagValue, number>();
  readonly #limit: number;
  /** The number of series that have the key. */
  series = 0;
  /** True once a warning was logged that this key's values fold. */
  warned = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True if `value` is one too many. `__other__` itself is never counted. */
  folds(value: TagValue): boolean {
    return this.#uses.size >= this.#limit && !this.#uses.has(value) && value !== OTHER;
  }

  use(value: TagValue): void {
    this.series++;
    if (value !== OTHER) this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
  }

  free(value: TagValue): void {
    this.series--;
    const uses = this.#uses.get(value);
    if (uses === undefined) return;
    if (uses > 1) this.#uses.set(value, uses - 1);
    else this.#uses.delete(value);
  }
}

/**
 * The positions that follow a position for one key: a value leads to the next position. Other keys
 * that may follow are its siblings.
 */
export class Branch {
  readonly key: string;
  /** `undefined` for lists, which fold as a whole. */
  readonly values: KeyValues | undefined;
  readonly next = new Map<TagValue, Position>();
  sibling: Branch | undefined = undefined;
  /**
   * The series that ends at this position, before any key follows; kept by the first of the
   * siblings.
   */
  end = NONE;

  constructor(key: string, values: KeyValues | undefined) {
    this.key = key;
    this.values = values;
  }

  /** The sibling for `key`. */
  siblingFor(key: string): Branch | undefined {
    let branch = this.sibling;
    while (branch !== undefined && branch.key !== key) branch = branch.sibling;
    return branch;
  }

  /** Adds a key that may follow at the same position. */
  append(branch: Branch): void {
    let last: Branch = this;
    while (last.sibling !== undefined) last = last.sibling;
    last.sibling = branch;
  }

  /** The siblings from here on without `branch`; what ends here stays. */
  without(branch: Branch): Branch | undefined {
    if (branch === this) {
      if (this.sibling !== undefined) this.sibling.end = this.end;
      return this.sibling;
    }
    let before: Branch = this;
    while (before.sibling !== branch) before = before.sibling!;
    before.sibling = branch.sibling;
    return this;
  }
}

/** Of the branches at a position, the one for `key`. */
export function branchFor(at: Position | undefined, key: string): Branch | undefined {
  if (typeof at !== 'object') return undefined;
  return at.key === key ? at : at.siblingFor(key);
}

/** True if a tag is there: a tag that is `undefined` or `null` is not. */
export const isTag = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * The tags in one order that does not depend on how they were given: by key, or by element without
 * repeats. Throws `TypeError` for values that are not tags, which a getter may yet give after the
 * policy has looked.
 */
export function canonicalSteps(tags: Tags): Step[] {
  if (Array.isArray(tags))
    return [...new Set((tags as readonly string[]).map(asElement))]
      .sort()
      .map((element): Step => ['', element]);
  const steps: Step[] = [];
  for (const [key, value] of Object.entries(tags as Record<string, unknown>))
    if (isTag(value)) steps.push([key, asValue(value)]);
  return steps.sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The steps without those whose key would be one too many, which all become one: `__other__` with
 * the value `__other__`. The same list if there is room for all.
 * @param known the keys that there are.
 */
export function foldKeys(
  steps: readonly Step[],
  known: ReadonlyMap<string, unknown>,
  limit: number,
): readonly Step[] {
  let room = limit - known.size + (known.has(OTHER) ? 1 : 0);
  const kept = steps.filter(([key]) => key === OTHER || known.has(key) || room-- > 0);
  if (kept.length === steps.length) return steps;
  const folded: Step[] = [...kept.filter(([key]) => key !== OTHER), [OTHER, OTHER]];
  return folded.sort(([a], [b]) => (a < b ? -1 : 1));
}

function asValue(value: unknown): TagValue {
  if (typeof value === 'string') return ownText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TypeError(`A tag is a string, a number or a boolean, not ${typeof value}.`);
}

function asElement(value: unknown): string {
  if (typeof value === 'string') return ownText(value);
  throw new TypeError(`A list of tags holds strings, not ${typeof value}.`);
}

/**
 * The text without the longer one it may be a slice of, which V8 would keep alive with it: a path
 * cut out of a request would keep the request. A property's name is always a text of its own.
 * (Short slices are copied by V8 itself.)
 */
function ownText(text: string): string {
  return text.length < 13 ? text : Object.keys({ [text]: 0 })[0]!;
}

/**
 * The position `at` after the leaf at the end of `path` is gone, `undefined` when nothing is left
 * of it.
 */
export function prune(
  at: Position | undefined,
  path: readonly Step[],
  depth: number,
): Position | undefined {
  if (depth === path.length) {
    if (typeof at !== 'object') return undefined;
    at.end = NONE;
    return at;
  }
  const [key, value] = path[depth]!;
  const branch = branchFor(at, key);
  if (branch === undefined || !branch.next.has(value)) return at;
  const rest = prune(branch.next.get(value), path, depth + 1);
  if (rest !== undefined) branch.next.set(value, rest);
  else branch.next.delete(value);
  if (branch.next.size > 0) return at;
  const { end } = at as Branch;
  return (at as Branch).without(branch) ?? (end === NONE ? undefined : end);
}
