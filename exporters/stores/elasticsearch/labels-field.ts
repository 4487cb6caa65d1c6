import type { Report } from '../../reports/report.js';

type Tags = Exclude<Report['tags'], undefined>;

/** The beginning of a label's full name. */
export const LABELS = 'labels.';

/**
 * The tags of a document's labels. For Elasticsearch `{ a: { b: 1 } }` and `{ 'a.b': 1 }` are the
 * same, as are a value and a list of it alone, and nothing and `null`: so they are here.
 * @returns `undefined` where it has no labels.
 */
export function toTags(source: Readonly<Record<string, unknown>>): Tags | undefined {
  const { labels } = source;
  const more = Object.keys(source).filter((key) => key.startsWith(LABELS));
  const isThere = typeof labels === 'object' && labels !== null;
  if (more.length === 0 && !isThere) return undefined;
  if (more.length === 0 && Object.values(labels as object).every(isScalar)) return labels as Tags;
  const found = new Map<string, unknown[]>();
  if (isThere) collect(labels, '', found);
  for (const key of more) collect(source[key], key.slice(LABELS.length), found);
  return Object.fromEntries(
    [...found].map(([path, values]) => {
      const distinct = [...new Map(values.map((value) => [String(value), value])).values()];
      return [path, distinct.length === 1 ? distinct[0] : distinct];
    }),
  ) as Tags;
}

const isScalar = (value: unknown): boolean => typeof value !== 'object';

/** Collects the values under each path of an object. */
function collect(value: unknown, path: string, found: Map<string, unknown[]>): void {
  if (value === null) return;
  if (Array.isArray(value)) for (const one of value) collect(one, path, found);
  else if (typeof value === 'object') {
    for (const [key, inner] of Object.entries(value))
      collect(inner, path === '' ? key : `${path}.${key}`, found);
  } else {
    const values = found.get(path) ?? [];
    values.push(value);
    found.set(path, values);
  }
}
