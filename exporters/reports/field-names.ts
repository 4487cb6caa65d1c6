/** The prefix of a field whose own name is taken. */
const PREFIX = 'field_';

/**
 * Renames a field of the user's: prefixed with `field_`, as often as it takes not to meet a field
 * of these objects.
 */
export function prefixedName(key: string, ...taken: readonly object[]): string {
  let name = `${PREFIX}${key}`;
  while (taken.some((object) => Object.hasOwn(object, name))) name = `${PREFIX}${name}`;
  return name;
}

/**
 * Adds a field of ours for which Kaneda has no place; `undefined` is left out. A custom's own field
 * of that name keeps its value under another.
 */
export function addOwnField(document: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) return;
  if (document[key] !== undefined) document[prefixedName(key, document)] = document[key];
  document[key] = value;
}
