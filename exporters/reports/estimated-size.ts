import type { Distribution } from './distribution.js';
import type { Report } from './report.js';

/** The bytes of a report beside its texts and values: the object, its id and its dates. */
export const REPORT_BYTES = 320;
const VALUE_BYTES = 24;

/**
 * About how many bytes a report takes, in memory as well as on its way. Made for every report, so
 * it looks at lengths and encodes nothing.
 */
export function sizeOf(report: Report): number {
  let size = REPORT_BYTES + report.name.length + report.metric.length;
  if (report.id.length > 36) size += report.id.length;
  if (report.value !== undefined)
    size += typeof report.value === 'number' ? 8 : sizeOfValue(report.value);
  if (report.fields !== undefined) size += sizeOfValue(report.fields);
  if (report.distribution !== undefined) size += sizeOfDistribution(report.distribution);
  if (report.tags !== undefined) size += sizeOfValue(report.tags);
  if (report.extra !== undefined) size += sizeOfValue(report.extra);
  return size;
}

/** The same of buckets: counts are small whole numbers for the most part. */
export const sizeOfDistribution = (distribution: Distribution): number =>
  8 * (distribution.counts.length + ('bounds' in distribution ? distribution.bounds.length : 3));

/** The same of one value. */
export function sizeOfValue(value: unknown, depth = 0): number {
  // Latin texts take a byte a unit in memory and on the wire, all others about two.
  if (typeof value === 'string')
    return VALUE_BYTES + (isNarrow(value) ? value.length : value.length * 2);
  if (typeof value !== 'object' || value === null || depth > 20) return VALUE_BYTES;
  let size = VALUE_BYTES;
  if (Array.isArray(value)) for (const item of value) size += 8 + sizeOfValue(item, depth + 1);
  else
    for (const key in value)
      size += 8 + key.length + sizeOfValue((value as Record<string, unknown>)[key], depth + 1);
  return size;
}

/** A look at both ends is enough for an estimate. */
function isNarrow(text: string): boolean {
  return (
    text.length === 0 || (text.charCodeAt(0) < 0x100 && text.charCodeAt(text.length - 1) < 0x100)
  );
}
