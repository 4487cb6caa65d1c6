import { kanedaDocument } from '../../reports/kaneda-document.js';
import type { Report } from '../../reports/report.js';

/** A report as a MongoDB document. */
export type ReportDocument = { _id: string } & Record<string, unknown>;

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The report as Kaneda's document; its id is `_id`, so that the same report twice is one document.
 */
export const toDocument = (report: Report): ReportDocument =>
  kanedaDocument(report, { _id: report.id }, toBson);

/**
 * The value as the driver takes it: int64 where it fits (it would wrap beyond), keys escaped at any
 * depth.
 */
function toBson(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value >= MIN_INT64 && value <= MAX_INT64 ? value : String(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Array.isArray(value) ? value.map(toBson) : escapeKeys(value as Record<string, unknown>);
}

function escapeKeys(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const key of Object.keys(object)) document[escapeKey(key)] = toBson(object[key]);
  return document;
}

/** The characters that a key must not have, and the look-alikes that are stored. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '.': '\uff0e',
  $: '\uff04',
  '"': '\uff02',
  '\\': '\uff3c',
  '\x7f': '\u2421',
};

/**
 * Dots and leading dollars mean paths and operators in queries, a NUL ends a key, and FerretDB
 * stores quotes, backslashes and other control characters so that nothing of the collection can be
 * read again: look-alikes (`．`, `＄`, `␀`) are stored.
 * https://www.mongodb.com/docs/manual/core/dot-dollar-considerations/
 */
export function escapeKey(key: string): string {
  if (/^[\w-]*$/.test(key)) return key;
  return key.replace(/^\$|[."\\\p{Cc}]/gu, (char) => LOOK_ALIKES[char] ?? controlPicture(char));
}

const KEYS_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(LOOK_ALIKES).map(([char, alike]) => [alike, char]),
);

/** A key as the application gave it, of one that is stored. */
export function unescapeKey(key: string): string {
  if (/^[\w-]*$/.test(key)) return key;
  return key.replace(
    /[\uff0e\uff04\uff02\uff3c\u2421\u2400-\u241f]/g,
    (alike) => KEYS_OF.get(alike) ?? String.fromCharCode(alike.charCodeAt(0) - 0x2400),
  );
}

/** `␀` to `␟`, in Unicode's block of pictures; those above 0x7f have none. */
function controlPicture(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
