const MAX_CHARACTERS = 255;
const CONTROL = /\p{Cc}/u;

/**
 * True if a metric may have this name: a non-empty string of at most 255 characters, none of them a
 * control character or half a surrogate pair.
 */
export function isName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name.length > 2 * MAX_CHARACTERS) return false;
  if (CONTROL.test(name) || !name.isWellFormed()) return false;
  return name.length <= MAX_CHARACTERS || [...name].length <= MAX_CHARACTERS;
}

/** The type of a value for a message: `an object (Map)`, `NaN`, `null`; never the value itself. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
}

/** A name as it may stand in a message: shortened, escaped; for what is not a string, its type. */
export function nameText(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 80)) : typeof name;
}
