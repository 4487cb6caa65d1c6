import type { Report } from './report.js';
import { fitTags } from './value-policy.js';

/** A list of tags travels as the one attribute `tags`; all else are key and value. */
export function tagsOf(attributes: Readonly<Record<string, unknown>>): Report['tags'] | undefined {
  let only: string | undefined;
  for (const key in attributes) {
    if (only !== undefined) return fitTags(attributes);
    only = key;
  }
  if (only === undefined) return undefined;
  const list = attributes[only];
  return fitTags(only === 'tags' && Array.isArray(list) ? list : attributes);
}
