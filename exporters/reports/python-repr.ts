/**
 * A number that Python must read as a float even when it is whole: JavaScript's 1.0 and 1 are the
 * same, Python's are not.
 */
export class Float {
  constructor(readonly value: number) {}
}

/** The exponents for which Python's `repr` writes a float without one. */
const FIXED = { least: -4, most: 15 };

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * A value as Python's `repr` writes it: `{'price': 2.5, 'items': [1, None, True]}`. Whole numbers
 * below 10^16 are ints, dates their ISO 8601 text, `undefined` is `None`, and left out of an
 * object.
 */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return textRepr(value);
  if (typeof value === 'number') return numberRepr(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Float) return floatRepr(value.value);
  if (value instanceof Date) return textRepr(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const items = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${items.map(([key, item]) => `${textRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`;
}

function numberRepr(value: number): string {
  const isWhole = Number.isInteger(value) && exponentOf(value) <= FIXED.most;
  return isWhole ? String(value) : floatRepr(value);
}

function floatRepr(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', 'inf').toLowerCase();
  const exponent = exponentOf(value);
  if (exponent >= FIXED.least && exponent <= FIXED.most)
    return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits] = value.toExponential().split('e');
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const exponentOf = (value: number): number => Number(value.toExponential().split('e')[1]);

function textRepr(value: string): string {
  // Most texts need no care.
  if (/^[\w ./:-]*$/.test(value)) return `'${value}'`;
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.toWellFormed().replace(/[\\\p{C}\p{Z}]/gu, escapeOf);
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** Python escapes what it does not call printable: of all the spaces, it prints one. */
function escapeOf(character: string): string {
  if (character === ' ') return character;
  const hex = character.codePointAt(0)!.toString(16);
  if (hex.length <= 2) return ESCAPES[character] ?? `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
