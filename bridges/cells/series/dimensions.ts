import type { Dimensions } from '../cell.js';
import type { SeriesAttributes } from '../store.js';

/** Dimensions of a mapped cell that say what it is; a tag of such a name is prefixed. */
const RESERVED = new Set(['group', 'state', 'metric']);

/**
 * A series as Cantal's dimensions: `{ metric: name, ...tags }`, all strings, a list of tags joined
 * by commas.
 */
export function seriesDimensions(name: string, attributes: SeriesAttributes): Dimensions {
  const tags = Object.entries(attributes).map(([key, value]) => [
    RESERVED.has(key) ? `tag_${key}` : key,
    String(value),
  ]);
  return Object.fromEntries([['metric', name], ...tags]) as Dimensions;
}
