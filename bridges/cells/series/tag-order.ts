import type { Tags } from '../store.js';
import { isTag, type Step } from './tag-steps.js';

const hasOwn = Object.prototype.hasOwnProperty;

/** The key of a set of keys, or of the lists of one length. */
export function shapeId(list: boolean, steps: readonly Step[]): string | number {
  return list ? steps.length : JSON.stringify(steps.map(([key]) => key));
}

/** The steps in this order of their indexes. */
export function reorder(steps: readonly Step[], order: readonly number[]): Step[] {
  return order.map((i) => steps[i]!);
}

/**
 * The order the tags came in, as indexes into the sorted steps; `undefined` for a list with
 * repeats, which has no path of its own.
 */
export function orderOf(tags: Tags, steps: readonly Step[]): number[] | undefined {
  if (Array.isArray(tags)) {
    if (tags.length !== steps.length) return undefined;
    return tags.map((element) => steps.findIndex(([, value]) => value === element));
  }
  return Object.keys(tags)
    .filter((key) => isTag((tags as Record<string, unknown>)[key]))
    .map((key) => steps.findIndex(([name]) => name === key));
}

/**
 * True if `for…in` shows nothing inherited, so that a walk over these tags takes the path of their
 * own keys.
 */
export function isOwn(tags: Tags): boolean {
  for (const key in tags) if (!hasOwn.call(tags, key)) return false;
  return true;
}

/**
 * True if something without properties means "no tags", and is not a Map or a number that the
 * policy should see.
 */
export function isPlain(tags: unknown): boolean {
  if (typeof tags !== 'object' || tags === null) return false;
  const prototype: unknown = Object.getPrototypeOf(tags);
  return prototype === Object.prototype || prototype === null;
}
