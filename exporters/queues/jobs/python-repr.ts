import { Float, writeJson } from './python-json.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * A job's arguments as Python would print them, for people who look at the queue: a tuple, cut
 * where it grows beyond `limit` characters.
 */
export function pythonRepr(args: readonly unknown[], limit: number): string {
  let text = '';
  for (const arg of args) {
    text += `${text === '' ? '' : ', '}${repr(arg)}`;
    if (text.length > limit) return `(${text.slice(0, limit).toWellFormed()}...)`;
  }
  return `(${text})`;
}

function repr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object' || value instanceof Float) return writeJson(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${text(key)}: ${repr(item)}`)
    .join(', ')}}`;
}

function text(value: string): string {
  // Most texts need no care.
  if (/^[\w ./:-]*$/.test(value)) return `'${value}'`;
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.toWellFormed().replace(/[\\\p{Cc}]/gu, escapeControl);
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

function escapeControl(character: string): string {
  return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
