import { TextDecoder } from 'node:util';
import type { CellKind, Dimensions } from './cell.js';
import { CellFileError } from './errors.js';

/** The longest field the protocol knows: the Cantal agent keeps lengths in 16 bits. */
export const MAX_FIELD_BYTES = 65_535;

/** One value of a `.values` file: where it lies and what it means. */
export interface MetaEntry {
  readonly kind: CellKind;
  /** First byte in the `.values` file. */
  readonly offset: number;
  /** Length in bytes: 8, or for a state 8 + its text size. */
  readonly bytes: number;
  readonly dimensions: Dimensions;
}

/** A `.meta` file taken apart. */
export interface Meta {
  readonly entries: readonly MetaEntry[];
  /** The bytes that the `.values` file must have at least. */
  readonly length: number;
  /**
   * Lines of values that this reader cannot show: unknown kinds and sizes, dimensions with lists or
   * objects, a name that is there already.
   */
  readonly skipped: number;
}

const TYPES: Readonly<Record<CellKind, (bytes: number) => string>> = {
  counter: () => 'counter 8',
  integer: () => 'level 8 signed',
  float: () => 'level 8 float',
  state: (bytes) => `state ${bytes}`,
};

const written = new WeakMap<Dimensions, string>();

/**
 * Dimensions as cantal-py writes them: JSON with keys in code-point order, `", "` and `": "`
 * between the parts, everything outside printable ASCII escaped. Equal dimensions give equal text,
 * whatever the order of their keys.
 */
export function formatDimensions(dimensions: Dimensions): string {
  let text = written.get(dimensions);
  if (text === undefined) {
    const parts = Object.keys(dimensions)
      .sort(byCodePoint)
      .map((key) => `${JSON.stringify(key)}: ${JSON.stringify(dimensions[key])}`);
    text = ascii(`{${parts.join(', ')}}`);
    if (Object.isFrozen(dimensions)) written.set(dimensions, text);
  }
  return text;
}

// Printable ASCII only is what is left alone: 0x7f is not printable.
function ascii(json: string): string {
  return json.replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// JavaScript compares UTF-16 units: surrogates would sort before U+E000 and above.
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10_000 : unit;
}

/**
 * The text of a `.meta` file. `entries` are in the order of their offsets; gaps become pads. No
 * newline at the end.
 */
export function formatMeta(entries: readonly MetaEntry[]): string {
  const lines: string[] = [];
  let end = 0;
  for (const { kind, offset, bytes, dimensions } of entries) {
    for (; end < offset; end += Math.min(offset - end, MAX_FIELD_BYTES))
      lines.push(`pad ${Math.min(offset - end, MAX_FIELD_BYTES)}`);
    lines.push(`${TYPES[kind](bytes)}: ${formatDimensions(dimensions)}`);
    end = offset + bytes;
  }
  return lines.join('\n');
}

/**
 * Takes a `.meta` file apart, as the Cantal agent does: one faulty line is a faulty file, but
 * unknown kinds are only passed over.
 * @param path named in errors, without suffix.
 * @throws CellFileError when the text does not follow the protocol.
 */
export function parseMeta(bytes: Uint8Array, path: string): Meta {
  const lines = decode(bytes, path).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const entries: MetaEntry[] = [];
  const seen = new Set<string>();
  let offset = 0;
  let skipped = 0;
  for (const [number, line] of lines.entries()) {
    const fault = (reason: string): never => {
      throw new CellFileError(path, `${reason} in line ${number + 1} of the .meta file`);
    };
    const { type, size, description } = splitLine(line, fault);
    if (type !== 'pad') {
      const kind = kindOf(type, size, line, fault);
      const dimensions = parseDimensions(description, fault);
      const identity = dimensions && formatDimensions(dimensions);
      if (kind && dimensions && identity && !seen.has(identity)) {
        seen.add(identity);
        entries.push({ kind, offset, bytes: size, dimensions });
      } else {
        skipped++;
      }
    }
    offset += size;
  }
  return { entries, length: offset, skipped };
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CellFileError(path, 'the .meta file is not UTF-8 text', { cause });
  }
}

type Fault = (reason: string) => never;

interface Line {
  type: string;
  size: number;
  description: string | undefined;
}

function splitLine(line: string, fault: Fault): Line {
  const colon = line.indexOf(':');
  const [type = '', length = ''] = (colon < 0 ? line : line.slice(0, colon)).trim().split(' ');
  if (type === '') fault('a blank line');
  const size = /^\d{1,6}$/.test(length) ? Number(length) : fault('no length');
  if (size > MAX_FIELD_BYTES) fault(`a length over ${MAX_FIELD_BYTES}`);
  return { type, size, description: colon < 0 ? undefined : line.slice(colon + 1) };
}

/** `undefined`: a value of some kind that we do not know, to be passed over. */
function kindOf(type: string, size: number, line: string, fault: Fault): CellKind | undefined {
  if ((type === 'counter' || type === 'level') && size > 255) fault('a length over 255');
  if (type === 'counter') return size === 8 ? 'counter' : undefined;
  if (type === 'state') return size > 8 ? 'state' : undefined;
  if (type !== 'level') return undefined;
  const sort =
    /^\s*level \d+ (signed|unsigned|float)\b/.exec(line)?.[1] ??
    fault('a level that is neither signed, unsigned nor float');
  if (size !== 8 || sort === 'unsigned') return undefined;
  return sort === 'float' ? 'float' : 'integer';
}

/**
 * A text in JSON, or what Python's `json` writes for a number; the texts are matched so that no
 * number is looked for in them. One without an end is matched up to the end: it is not looked for
 * again at each quote.
 */
const TEXT_OR_NUMBER =
  /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\bNaN\b|-?\bInfinity\b/gs;

/**
 * Dimensions as texts: numbers as they are written (80, 1.0), `true`, `false`, `null`. `undefined`
 * for lists and objects.
 */
function parseDimensions(text: string | undefined, fault: Fault): Dimensions | undefined {
  if (text === undefined) fault('no dimensions');
  let parsed: unknown;
  try {
    parsed = JSON.parse(
      (text as string).replace(TEXT_OR_NUMBER, (part) => (part[0] === '"' ? part : `"${part}"`)),
    );
  } catch {
    fault('dimensions that are not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const entries = Object.entries(parsed).map(([key, value]) => [key, textOf(value)] as const);
  if (entries.some(([, value]) => value === undefined)) return undefined;
  return Object.freeze(Object.fromEntries(entries) as Record<string, string>);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'object' && value !== null
      ? undefined
      : String(value);
