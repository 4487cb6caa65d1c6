const MAX_CHARACTERS = 255;
const CONTROL = /\p{Cc}/u;

/** Whether a metric may be called this: a non-empty string of at most 255 characters, none of them a control character or half a surrogate pair. */
export function isName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name.length > 2 * MAX_CHARACTERS) return false;
  if (CONTROL.test(name) || !name.isWellFormed()) return false;
  return name.length <= MAX_CHARACTERS || [...name].length <= MAX_CHARACTERS;
}

/** A name as it may stand in a message: shortened, escaped; for what is no string, its type. */
export function shown(name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name.slice(0, 80)) : typeof name;
}
