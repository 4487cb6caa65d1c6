import { quoted } from '../../reports/quoted.js';
import type { Report } from '../../reports/report.js';
import { indexOf, toDocument } from './documents.js';
import { plainJson } from './plain-json.js';

/** Elasticsearch refuses a whole bulk request when one id is longer than this (bytes of UTF-8). */
const MAX_ID_BYTES = 512;

/** A report as two lines of a bulk request. */
export interface EncodedReport {
  /** The index it goes to: it must exist, or be made, before. */
  readonly index: string;
  /** The `create` action and the document, without the newline at the end. */
  readonly lines: string;
}

/** The report's lines in a bulk request, or the reason for which it can never be stored. */
export function encode(indexName: string, report: Report): EncodedReport | { rejected: string } {
  const { id, timestamp } = report;
  if (id === '' || (id.length * 3 > MAX_ID_BYTES && Buffer.byteLength(id) > MAX_ID_BYTES))
    return { rejected: `the id does not have 1 to ${MAX_ID_BYTES} bytes` };
  try {
    const index = indexOf(indexName, timestamp);
    const action = `{"create":{"_index":${quoted(index)},"_id":${quoted(id)}}}`;
    return { index, lines: `${action}\n${plainJson(report) ?? anyJson(report)}` };
  } catch (error) {
    return { rejected: `not JSON (${(error as Error).name})` };
  }
}

/** The document's JSON, whatever is in the report. */
export function anyJson(report: Report): string {
  const json = stringify(toDocument(report));
  return json.includes('\\u0000') ? stringify(toDocument(report, withoutNul)) : json;
}

/** A `flattened` field refuses NUL in keys, at any depth: it is written as `\0`, two characters. */
function withoutNul(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replaceAll('\0', '\\0'), withoutNul(inner)]),
  );
}

/**
 * JSON knows no bigint. Those that are safe as numbers were made numbers before; the others keep
 * every digit as text.
 */
function stringify(document: object): string {
  try {
    return JSON.stringify(document);
  } catch {
    // A replacer makes every document slower, so only one that needs it gets it.
    return JSON.stringify(document, (_key, value) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  }
}
