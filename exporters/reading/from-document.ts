import type { Report } from '../reports/report.js';
import { asDistribution } from './distribution.js';
import { dateOf, textOf } from './field-values.js';

/** The fields of a stored document that do not belong to a custom metric or a timing itself. */
const OWN: ReadonlySet<string> = new Set([
  'id',
  '_id',
  'host',
  'name',
  'metric',
  'value',
  'tags',
  'unit',
  'app_name',
  'instance',
  'distribution',
  'timestamp',
  'start_timestamp',
]);

type Document = Readonly<Record<string, unknown>>;

/**
 * The report of a document as MongoDB, RethinkDB and a log file hold it: Kaneda's, with its own
 * fields unpacked beside the name.
 * @param id of a document that has none, and `metric` of one from Kaneda's table for a type.
 * @returns `undefined` if the document is not a report.
 */
export function reportOf(document: Document, id: string, metric?: string): Report | undefined {
  const timestamp = dateOf(document.timestamp);
  const kind = textOf(document.metric) ?? metric;
  if (typeof document.name !== 'string' || kind === undefined || timestamp === undefined)
    return undefined;
  const report: Report = {
    id: textOf(document.id) ?? id,
    name: document.name,
    metric: kind,
    timestamp,
    host: textOf(document.host) ?? '',
  };
  if (document.value !== undefined) report.value = document.value as NonNullable<Report['value']>;
  const fields = fieldsOf(document);
  if (fields !== undefined) report.fields = fields;
  if (typeof document.tags === 'object' && document.tags !== null)
    report.tags = document.tags as NonNullable<Report['tags']>;
  if (typeof document.unit === 'string') report.unit = document.unit;
  if (typeof document.app_name === 'string') report.appName = document.app_name;
  if (typeof document.instance === 'string') report.instance = document.instance;
  const distribution = asDistribution(document.distribution);
  if (distribution !== undefined) report.distribution = distribution;
  const start = dateOf(document.start_timestamp);
  if (start !== undefined) report.startTimestamp = start;
  return report;
}

function fieldsOf(document: Document): Record<string, unknown> | undefined {
  let fields: Record<string, unknown> | undefined;
  for (const key in document) {
    if (OWN.has(key)) continue;
    fields ??= {};
    fields[key] = document[key];
  }
  return fields;
}
