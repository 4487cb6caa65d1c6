import type { Tags, TagValue } from '../store.js';
import { OTHER } from './tag-values.js';

/** One tag. Elements of a list all have the key `''`. */
export type Step = readonly [key: string, value: TagValue];

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
