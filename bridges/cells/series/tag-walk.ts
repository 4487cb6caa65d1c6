import type { SeriesAttributes, TagValue } from '../store.js';
import type { Branch, Step } from './tag-branch.js';
import { YIELD_EVERY } from './yield-every.js';

type MakeAttributes = (path: readonly Step[], last: Step) => SeriesAttributes;

/**
 * Visits each series below `first` once; gives control back after each few. Paths may come and go
 * meanwhile.
 */
export function* walkBranches(
  first: Branch,
  path: readonly Step[],
  visit: (slot: number, attributes: SeriesAttributes) => void,
  attributes: MakeAttributes,
): Generator<void, void, void> {
  let visited = 0;
  for (let branch: Branch | undefined = first; branch !== undefined; branch = branch.sibling) {
    const { key } = branch;
    for (const [value, at] of branch.next) {
      const end = typeof at === 'number' ? at : at.end;
      if (end >= 0) visit(end, attributes(path, [key, value]));
      if (typeof at === 'object')
        yield* walkBranches(at, [...path, [key, value]], visit, attributes);
      if (++visited % YIELD_EVERY === 0) yield;
    }
  }
}

/** A record's attributes from the steps to it. */
export function recordAttributes(path: readonly Step[], last?: Step): SeriesAttributes {
  const attributes: SeriesAttributes = {};
  for (const [key, value] of path) put(attributes, key, value);
  if (last !== undefined) put(attributes, last[0], last[1]);
  return attributes;
}

/** A list's: the one attribute `tags`. */
export function listAttributes(path: readonly Step[], last?: Step): SeriesAttributes {
  return {
    tags: (last === undefined ? path : [...path, last]).map(([, element]) => element as string),
  };
}

/** A tag called `__proto__` must be a property like any other. */
function put(attributes: SeriesAttributes, key: string, value: TagValue): void {
  if (key === '__proto__')
    Object.defineProperty(attributes, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else attributes[key] = value;
}
