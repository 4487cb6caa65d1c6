import type { Report } from '../../../../exporters/reports/report.js';
import type { Kind } from '../protocol.js';

/** Returns the kind that a report is drawn as; events are not series. */
export function kindOf({ metric }: Report): Kind | 'event' {
  switch (metric) {
    case 'counter':
    case 'gauge':
    case 'event':
      return metric;
    case 'timing':
    case 'histogram':
      return 'timing';
    default:
      return 'other';
  }
}

/** Returns tags as pairs in the order of their keys; a tag of a list is a key without a value. */
export function tagPairs({ tags }: Report): readonly (readonly [string, string])[] {
  if (tags === undefined) return [];
  const pairs: [string, string][] = Array.isArray(tags)
    ? tags.map((tag) => [String(tag), ''])
    : Object.entries(tags).map(([key, value]) => [key, String(value)]);
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Returns tags as a person reads them. */
export function tagText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => (value === '' ? key : `${key}=${value}`)).join(' ');
}
