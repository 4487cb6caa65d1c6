import type { SeriesAttributes, TagValue } from '../store.js';
import type { KeyPath } from './key-path.js';
import { WIDTH } from './pair-table.js';
import type { Step } from './tag-steps.js';
import { YIELD_EVERY } from './yield-every.js';

type Visit = (slot: number, attributes: SeriesAttributes) => void;

/**
 * Visits each series that lives on a path or one that goes on from it, once, those of a path in the
 * order in which they came; gives control back after each few. Series may come and go meanwhile.
 */
export function* walkPath(path: KeyPath, list: boolean, visit: Visit): Generator<void, void, void> {
  const attributesIn = list ? listsOn(path) : recordsOn(path);
  const { ends } = path;
  for (let row = WIDTH; row < ends.end; row += WIDTH) {
    const end = ends.rows[row + 2]!;
    if (end >= 0) visit(end, attributesIn(row));
    if (row % (WIDTH * YIELD_EVERY) === 0) yield;
  }
  for (let next = path.first; next !== undefined; next = next.sibling)
    yield* walkPath(next, list, visit);
}

/** The attributes of the series with these tags. */
export function attributesOf(list: boolean, steps: readonly Step[]): SeriesAttributes {
  if (list) return { tags: steps.map(([, value]) => value as string) };
  const attributes: SeriesAttributes = {};
  for (const [key, value] of steps) put(attributes, key, value);
  return attributes;
}

/** The attributes by row: a record. */
function recordsOn(path: KeyPath): (row: number) => SeriesAttributes {
  const keys: string[] = [];
  for (let at = path; at.before !== undefined; at = at.before) keys.unshift(at.key);
  const tags = attributesOf(
    false,
    keys.map((key) => [key, '']),
  );
  // A copy gets its properties all at once; added one by one they take several times as long. And
  // most tags are those of the row before.
  return (row) => {
    eachValue(path, row, (value, key) => {
      if (tags[key] !== value) tags[key] = value;
    });
    return { ...tags };
  };
}

/** The attributes by row: a list is the one attribute `tags`. */
function listsOn(path: KeyPath): (row: number) => SeriesAttributes {
  return (row) => {
    const tags: string[] = [];
    eachValue(path, row, (value) => tags.unshift(value as string));
    return { tags };
  };
}

/** The values of the tags in a row of a path's ends, from the last to the first. */
function eachValue(
  path: KeyPath,
  row: number,
  visit: (value: TagValue, key: string) => void,
): void {
  visit(path.values.valueOf(path.ends.rows[row + 1]!), path.key);
  let node = path.ends.rows[row]!;
  for (let at = path.before!; node !== 0; at = at.before!) {
    // The node after the first value is the value's id.
    const isFirst = at.before!.before === undefined;
    visit(at.values.valueOf(isFirst ? node : at.nodes.rows[node + 1]!), at.key);
    node = isFirst ? 0 : at.nodes.rows[node]!;
  }
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
