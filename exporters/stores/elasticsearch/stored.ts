import { asDistribution } from '../../reading/distribution.js';
import { type Distribution, MAX_STORED_SCALE } from '../../reports/distribution.js';
import type { Report } from '../../reports/report.js';
import { fromHistogramField, type HistogramField } from './distribution-field.js';
import { OWN_FIELDS } from './documents.js';
import { LABELS, toTags } from './labels-field.js';
import { alone, keywordOf, momentOf } from './plain-values.js';

type Source = Readonly<Record<string, unknown>>;

/**
 * The report of a document, whichever version of the template its index was made with.
 * @returns `undefined` if the document is not a report.
 */
export function toReport(id: string, source: Source): Report | undefined {
  const text = (field: string) => keywordOf(source[field]);
  const [name, metric] = [text('name'), text('metric')];
  const timestamp = momentOf(source['@timestamp'] ?? source.timestamp);
  if (name === undefined || metric === undefined || timestamp === undefined) return undefined;
  const report: Report = { id, name, metric, timestamp, host: text('host') ?? '' };
  addValues(report, source);
  const tags = toTags(source);
  if (tags !== undefined) report.tags = tags;
  else if (source.tags !== undefined) report.tags = [source.tags].flat().map(String);
  const start = momentOf(source.start_timestamp);
  if (start !== undefined) report.startTimestamp = start;
  const texts = { unit: text('unit'), instance: text('instance'), appName: text('app_name') };
  for (const [key, text] of Object.entries(texts))
    if (text !== undefined) report[key as keyof typeof texts] = text;
  return report;
}

function addValues(report: Report, source: Source): void {
  // An object has no mapping under `value`: it stands with what is searched.
  const given = source.value ?? (source.fields as Source | undefined)?.value;
  const value = report.metric === 'counter' ? alone(given) : given;
  if (value !== undefined) report.value = value as Exclude<Report['value'], undefined>;
  let fields: Record<string, unknown> | undefined;
  for (const key in source) {
    if (key === 'value' || OWN_FIELDS.has(key) || key.startsWith(LABELS)) continue;
    fields ??= {};
    fields[key] = source[key];
  }
  if (fields !== undefined) report.fields = fields;
  const distribution = distributionOf(source);
  if (distribution !== undefined) report.distribution = distribution;
}

/** The stored distribution; `undefined` for a value of another writer that is none. */
function distributionOf({
  distribution: field,
  distribution_scale: scale,
  distribution_bounds: bounds,
}: Source): Distribution | undefined {
  if (typeof field !== 'object' || field === null) return undefined;
  const { values, counts } = field as Partial<HistogramField>;
  if (!isAscending(values) || !isNumbers(counts) || values.length !== counts.length)
    return undefined;
  if (scale !== undefined && !isStoredScale(scale)) return undefined;
  if (bounds !== undefined && !isNumbers(bounds)) return undefined;
  return asDistribution(fromHistogramField({ values, counts }, { scale, bounds }));
}

/** Tells whether buckets may have been stored in this scale. */
export const isStoredScale = (scale: unknown): scale is number =>
  Number.isInteger(scale) && (scale as number) <= MAX_STORED_SCALE;

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

const isAscending = (value: unknown): value is number[] =>
  isNumbers(value) && value.every((item, i) => i === 0 || item >= value[i - 1]!);
