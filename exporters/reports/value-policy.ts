import { TextEncoder } from 'node:util';
import { prefixedName } from './field-names.js';
import { UnfitValue } from './unfit-value.js';

/** Caps of what a report may hold; texts count in UTF-8 bytes. */
export const LIMITS = {
  /** A tag's key or value. */
  tagBytes: 1_024,
  /** A text in a value or field, unless `textLimit` says otherwise. */
  textBytes: 65_536,
  /** Keys of one object, tags of one report. */
  keys: 64,
  depth: 16,
  /** Values in one report, nested ones counted. */
  values: 65_536,
  /** All texts of one report. */
  bytes: 8 * 1_048_576,
} as const;

/** Names that are the report's own: a field of that name is called `field_…`. */
const RESERVED = new Set([
  '_id',
  'id',
  'name',
  'host',
  'metric',
  'timestamp',
  'tags',
  '$reql_type$',
  'time',
]);
/** Names that mean something to a store, or to JavaScript, at any depth. */
const RESERVED_DEEP = new Set(['$reql_type$', '__proto__']);

/** The bounds of texts in values and fields, and the callback for a text that is cut. */
export interface TextPolicy {
  /** In UTF-8. */
  readonly bytes: number;
  cut?(text: string): void;
}

const DEFAULT_TEXTS: TextPolicy = { bytes: LIMITS.textBytes };

/** Keeps the bounds of one report while its values are walked. */
class Walk {
  readonly path = new Set<object>();
  readonly texts: TextPolicy;
  values = 0;
  bytes = 0;

  constructor(texts: TextPolicy = DEFAULT_TEXTS) {
    this.texts = texts;
  }

  enter(value: object): void {
    if (this.path.has(value)) throw new UnfitValue('cyclic value');
    if (this.path.size >= LIMITS.depth) throw new UnfitValue(`nested deeper than ${LIMITS.depth}`);
    this.path.add(value);
  }

  count(bytes: number): void {
    this.values += 1;
    this.bytes += bytes;
    if (this.values > LIMITS.values) throw new UnfitValue('too many values');
    if (this.bytes > LIMITS.bytes) throw new UnfitValue('too large');
  }
}

/**
 * A value as every store can hold it: numbers finite and without -0, texts well formed and capped,
 * bigints as numbers where that is exact, objects plain, `undefined` left out. What it was given is
 * not changed.
 * @throws UnfitValue for what cannot be stored faithfully.
 */
export function fitValue(value: unknown, texts: TextPolicy = DEFAULT_TEXTS): unknown {
  if (typeof value === 'number') return fitNumber(value);
  if (typeof value === 'string') return fitText(value, texts);
  return readGuarded(() => fitAny(value, new Walk(texts)));
}

/** The fields of a report, reserved names prefixed. @throws UnfitValue as {@link fitValue} does. */
export function fitFields(
  fields: Readonly<Record<string, unknown>>,
  texts: TextPolicy = DEFAULT_TEXTS,
): Record<string, unknown> {
  return readGuarded(() => fitObject(fields, new Walk(texts), RESERVED));
}

/** A text within the limit. */
export function fitText(text: string, texts: TextPolicy): string {
  const kept = capText(text, texts.bytes);
  if (kept.length < text.length) texts.cut?.(text);
  return kept;
}

/** Tags as a report has them: a list sorted and without repeats, or an object; at most 64. */
export function fitTags(
  tags: readonly unknown[] | Readonly<Record<string, unknown>>,
): readonly string[] | Record<string, string | number | boolean> {
  return readGuarded(() =>
    Array.isArray(tags)
      ? fitTagList(tags)
      : fitTagObject(tags as Readonly<Record<string, unknown>>),
  );
}

/** Own getters, proxies and `toJSON` may throw anything; that makes an unreadable value. */
function readGuarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UnfitValue ? error : new UnfitValue('unreadable value');
  }
}

export function fitNumber(value: number): number {
  if (!Number.isFinite(value)) throw new UnfitValue('number is not finite');
  return value + 0;
}

function fitAny(value: unknown, walk: Walk): unknown {
  walk.count(8);
  switch (typeof value) {
    case 'number':
      return fitNumber(value);
    case 'string': {
      const text = fitText(value, walk.texts);
      walk.count(text.length);
      return text;
    }
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : fitNested(value, walk);
    default:
      throw new UnfitValue(`value is a ${typeof value}`);
  }
}

function fitNested(value: object, walk: Walk): unknown {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new UnfitValue('invalid date');
    return new Date(value);
  }
  if (value instanceof Uint8Array) return fitAny(Buffer.from(value).toString('base64'), walk);
  walk.enter(value);
  const fitted = fitContents(value, walk);
  walk.path.delete(value);
  return fitted;
}

function fitContents(value: object, walk: Walk): unknown {
  // Not `map`: that passes over holes, and walks through the whole length of an empty list.
  if (Array.isArray(value) || value instanceof Set)
    return Array.from(value as Iterable<unknown>, (item) => fitAny(item, walk) ?? null);
  if (value instanceof Map)
    return fitObject(Object.fromEntries(value) as Record<string, unknown>, walk, RESERVED_DEEP);
  if (value instanceof Error)
    return fitObject({ name: value.name, message: value.message }, walk, RESERVED_DEEP);
  if ('toJSON' in value && typeof value.toJSON === 'function') return fitAny(value.toJSON(), walk);
  return fitObject(value as Record<string, unknown>, walk, RESERVED_DEEP);
}

function fitObject(
  object: Readonly<Record<string, unknown>>,
  walk: Walk,
  reserved: ReadonlySet<string>,
): Record<string, unknown> {
  const fitted: Record<string, unknown> = {};
  let left: number = LIMITS.keys;
  for (const key of Object.keys(object)) {
    if (left === 0) break;
    const value = fitAny(object[key], walk);
    if (value === undefined) continue;
    fitted[freeName(capText(key, LIMITS.tagBytes), fitted, object, reserved)] = value;
    walk.count(key.length);
    left -= 1;
  }
  return fitted;
}

/** A reserved name is prefixed, as often as it takes not to meet another field. */
function freeName(
  key: string,
  taken: object,
  given: object,
  reserved: ReadonlySet<string>,
): string {
  if (!reserved.has(key) && !RESERVED_DEEP.has(key)) return key;
  return prefixedName(key, taken, given);
}

function fitTagList(tags: readonly unknown[]): string[] {
  const set = new Set<string>();
  for (const tag of tags) {
    if (tag === undefined || tag === null) continue;
    set.add(capText(tagText(tag), LIMITS.tagBytes));
    if (set.size === LIMITS.keys) break;
  }
  return [...set].sort();
}

function fitTagObject(
  tags: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> {
  // Nearly all tags are fit as they are, and a copy at once takes less time than key by key.
  const copy = { ...tags };
  let left: number = LIMITS.keys;
  for (const key in copy) if (left-- === 0 || !isFitTag(key, copy[key])) return fitEachTag(copy);
  return copy as Record<string, string | number | boolean>;
}

function isFitTag(key: string, value: unknown): boolean {
  if (!isFitText(key) || key === '__proto__') return false;
  if (typeof value === 'string') return isFitText(value);
  return typeof value === 'boolean' || (Number.isFinite(value) && !Object.is(value, -0));
}

const isFitText = (text: string): boolean =>
  text.length * 3 <= LIMITS.tagBytes && text.isWellFormed();

function fitEachTag(
  tags: Readonly<Record<string, unknown>>,
): Record<string, string | number | boolean> {
  const fitted: Record<string, string | number | boolean> = {};
  let left: number = LIMITS.keys;
  for (const key in tags) {
    if (left === 0) break;
    const value = tags[key];
    if (value === undefined || value === null) continue;
    fitted[tagName(key)] = fitTag(value);
    left -= 1;
  }
  return fitted;
}

const tagName = (key: string): string =>
  capText(key === '__proto__' ? 'field___proto__' : key, LIMITS.tagBytes);

function fitTag(value: unknown): string | number | boolean {
  if (typeof value === 'string') return capText(value, LIMITS.tagBytes);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return fitNumber(value);
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  return capText(tagText(value), LIMITS.tagBytes);
}

/** A list or map that OpenTelemetry allows in attributes is written as JSON. */
function tagText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object')
    return JSON.stringify(fitAny(value, new Walk()), (_, v) =>
      typeof v === 'bigint' ? String(v) : v,
    );
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new UnfitValue(`tag is a ${typeof value}`);
  return String(value);
}

const encoder = new TextEncoder();
const buffers = new Map<number, Uint8Array>();

/**
 * The longest beginning of a text that is well formed and at most `bytes` long in UTF-8; no
 * character is split.
 */
export function capText(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return wellFormed(text);
  const clean = wellFormed(text);
  if (Buffer.byteLength(clean) <= bytes) return clean;
  let buffer = buffers.get(bytes);
  if (buffer === undefined) {
    buffer = new Uint8Array(bytes);
    buffers.set(bytes, buffer);
  }
  return clean.slice(0, encoder.encodeInto(clean, buffer).read);
}

const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

/** True for a plain object: not a list and not an instance of a class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
