import type { SeriesAttributes, TagValue } from '../store.js';
import type { Branch, Step } from './tag-branch.js';
import { YIELD_EVERY } from './yield-every.js';

/** The attributes of the way to a branch as a function of its value: called for each of them. */
type Extend = (before: SeriesAttributes, key: string) => (value: TagValue) => SeriesAttributes;

/**
 * Visits each series below `first` once; gives control back after each few. Paths may come and go
 * meanwhile.
 * @param before the attributes of the way to `first`.
 */
export function* walkBranches(
  first: Branch,
  before: SeriesAttributes,
  visit: (slot: number, attributes: SeriesAttributes) => void,
  extend: Extend,
): Generator<void, void, void> {
  let visited = 0;
  for (let branch: Branch | undefined = first; branch !== undefined; branch = branch.sibling) {
    const attributesOf = extend(before, branch.key);
    for (const [value, at] of branch.next) {
      const end = typeof at === 'number' ? at : at.end;
      if (end >= 0) visit(end, attributesOf(value));
      if (typeof at === 'object') yield* walkBranches(at, attributesOf(value), visit, extend);
      if (++visited % YIELD_EVERY === 0) yield;
    }
  }
}

/** A record with one tag more. */
export function withTag(
  before: SeriesAttributes,
  key: string,
): (value: TagValue) => SeriesAttributes {
  const shape: SeriesAttributes = {};
  for (const other of Object.keys(before)) put(shape, other, before[other]!);
  put(shape, key, '');
  // A copy gets its properties all at once; added one by one they take several times as long.
  return (value) => {
    const attributes = { ...shape };
    attributes[key] = value;
    return attributes;
  };
}

/** A tag called `__proto__` must be a property like any other. */
function put(attributes: SeriesAttributes, key: string, value: TagValue | string[]): void {
  if (key === '__proto__')
    Object.defineProperty(attributes, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else attributes[key] = value;
}

/** A list with one element more: the one attribute `tags`. */
export function withElement({
  tags = [],
}: SeriesAttributes): (value: TagValue) => SeriesAttributes {
  return (element) => ({ tags: [...(tags as string[]), element as string] });
}

/** The attributes of a whole path. */
export const attributesOf = (path: readonly Step[], extend: Extend): SeriesAttributes =>
  path.reduce<SeriesAttributes>((before, [key, value]) => extend(before, key)(value), {});
