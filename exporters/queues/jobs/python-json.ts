import { randomUUID } from 'node:crypto';
import { Float } from '../../reports/python-repr.js';
import { isPlain } from '../../reports/value-policy.js';
import { MessageError } from '../errors.js';
import { checkSize, MAX_DEPTH, MAX_UNPACKED_BYTES } from './limits.js';

/**
 * Writes JSON with the spacing of Python's `json.dumps`. Unlike `JSON.stringify` it writes a
 * bigint's digits, keeps a `Float` a float, and replaces lone surrogates, which Python would read
 * and fail to encode later.
 * @throws TypeError for what has no JSON: a non-finite number, a function, a class's instance.
 */
export function writeJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      // Most texts need no escape.
      if (value.length < 64 && /^[\w ./:@-]*$/.test(value)) return `"${value}"`;
      return JSON.stringify(value.isWellFormed() ? value : value.toWellFormed());
    case 'number':
      return numberText(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be put into a job`);
  }
}

function objectText(value: object): string {
  if (value instanceof Float) return floatText(value.value);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    let text = `[${writeJson(value[0])}`;
    for (let i = 1; i < value.length; i++) text += `, ${writeJson(value[i])}`;
    return `${text}]`;
  }
  checkPlain(value);
  let text = '';
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined)
      text += `${text === '' ? '{' : ', '}${writeJson(key)}: ${writeJson(item)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** @throws TypeError for an object that is not a plain one: no codec guesses what a class means. */
export function checkPlain(value: object): void {
  if (isPlain(value)) return;
  throw new TypeError(
    `an instance of ${Object.getPrototypeOf(value).constructor?.name ?? 'a class'} cannot be put into a job`,
  );
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be put into a job`);
  return Object.is(value, -0) ? '0' : String(value);
}

function floatText(value: number): string {
  const text = numberText(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/**
 * Reads JSON that JavaScript wrote, within bounds of size and depth.
 * @throws MessageError when it is too large, too deep or no JSON.
 */
export function readJson(text: string, limit = MAX_UNPACKED_BYTES): unknown {
  return parseWithin(text, limit, JSON.parse);
}

/**
 * Reads JSON that Python may have written: whole numbers that a JavaScript number cannot hold come
 * as bigint.
 * @throws MessageError when it is too large, too deep or no JSON; Python's bare NaN and Infinity
 * are none.
 */
export function readPythonJson(text: string): unknown {
  return parseWithin(text, MAX_UNPACKED_BYTES, /\d{16}/.test(text) ? parseWithBigints : JSON.parse);
}

function parseWithin(text: string, limit: number, parse: (text: string) => unknown): unknown {
  checkSize(text.length, limit);
  if (hasManyBrackets(text)) checkNesting(text);
  try {
    return parse(text);
  } catch (cause) {
    throw new MessageError(
      `not JSON${/\b(NaN|Infinity)\b/.test(text) ? ': NaN and Infinity are not JSON numbers' : ''}`,
      { cause },
    );
  }
}

/** True if there are enough brackets, in strings or outside, for something deep. */
function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of '[{')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > MAX_DEPTH) return true;
  return false;
}

/** Counts brackets outside of strings, so that nothing deep is ever built. */
function checkNesting(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      i = endOfString(text, i);
      if (i < 0) return;
    } else if (c === 0x5b || c === 0x7b) {
      if (++depth > MAX_DEPTH) throw new MessageError(`too deep: more than ${MAX_DEPTH} levels`);
    } else if (c === 0x5d || c === 0x7d) depth--;
  }
}

/** The place of the quote that ends the string that begins at `start`; -1 when none does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

/** A text without an end is one token up to the end: it is not looked for again at each quote. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
/** A mark that no other process can know, so that no text of a job is taken for a number. */
const MARK = `bigint ${randomUUID()} `;

function parseWithBigints(text: string): unknown {
  let marked = false;
  const safe = text.replace(TOKENS, (token) => {
    if (!/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    // A leading zero is not JSON: left for the parser to refuse. And reading n digits takes n²
    // steps.
    if (/^-?0/.test(token) || token.length > 1_000)
      throw new SyntaxError('a number of too many digits, or with a leading zero');
    marked = true;
    return `"${MARK}${token}"`;
  });
  if (!marked) return JSON.parse(text);
  return JSON.parse(safe, (_key, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}
