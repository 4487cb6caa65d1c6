import type { estypes } from '@elastic/elasticsearch';

/** The point in time stands first in an answer. */
const HEAD = '{"pit_id":"';
/** Enough for the numbers that a hit is sorted by. */
const TAIL_BYTES = 200;
const QUOTE = 0x22;

/**
 * Finds in the bytes of an answer what the next request needs, without a look at what lies between.
 * @returns `undefined` for bytes of another form; `after` is missing where nothing was found.
 */
export function endOf(
  bytes: Buffer,
): { readonly id: string; readonly after?: estypes.SortResults } | undefined {
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - TAIL_BYTES));
  const after = /"sort":(\[\d+\])\}\]\}\}$/.exec(tail)?.[1];
  const idEnd = bytes.indexOf(QUOTE, HEAD.length);
  if (bytes.toString('latin1', 0, HEAD.length) !== HEAD || idEnd < 0) return undefined;
  const id = bytes.toString('latin1', HEAD.length, idEnd);
  if (after !== undefined) return { id, after: JSON.parse(after) as estypes.SortResults };
  return tail.endsWith('"hits":[]}}') ? { id } : undefined;
}
