import { asDistribution } from '../../reading/distribution.js';
import type { Report } from '../../reports/report.js';
import { isReserved } from './documents.js';

/** A measurement's columns, fields before tags. */
export interface Schema {
  readonly measurement: string;
  readonly fields: readonly string[];
  readonly tags: readonly string[];
}

/** The names of our own tags and fields; all others are the application's. */
const OWN_TAGS: ReadonlySet<string> = new Set(['host', 'name', 'app_name', 'tags', 'instance']);

/**
 * The report of a row: its time, then the values of the schema's fields and tags.
 * @returns `undefined` for a point without a name, which is not a report.
 */
export function toReport(schema: Schema, row: readonly unknown[]): Report | undefined {
  const [time] = row;
  const byName = (names: readonly string[], from: number): Map<string, unknown> =>
    new Map(
      names.flatMap((name, i) => {
        const value = row[from + i];
        return value === null || value === undefined ? [] : [[name, value] as const];
      }),
    );
  const fields = byName(schema.fields, 1);
  const tags = byName(schema.tags, 1 + schema.fields.length);
  const name = fields.get('name') ?? tags.get('name');
  if (typeof name !== 'string' || typeof time !== 'string') return undefined;
  const report: Report = {
    // The point's own identity: the store keeps no other.
    id: `${schema.measurement} ${time} ${tags.get('host') ?? ''}`,
    name,
    metric: schema.measurement,
    timestamp: new Date(time),
    host: String(tags.get('host') ?? ''),
  };
  addValues(report, fields);
  addTags(report, tags, fields);
  return report;
}

function addValues(report: Report, fields: Map<string, unknown>): void {
  const value = fields.get('value');
  if (value !== undefined) report.value = value as Exclude<Report['value'], undefined>;
  const distribution = asDistribution(parseJson(fields.get('distribution')));
  if (distribution !== undefined) report.distribution = distribution;
  const instance = fields.get('instance');
  if (typeof instance === 'string') report.instance = instance;
  for (const key of ['name', 'value', 'distribution', 'instance']) fields.delete(key);
  if (fields.size > 0) report.fields = Object.fromEntries(fields);
}

function addTags(
  report: Report,
  tags: ReadonlyMap<string, unknown>,
  fields: ReadonlyMap<string, unknown>,
): void {
  const appName = tags.get('app_name');
  if (appName !== undefined) report.appName = String(appName);
  // The process, or a tag of the application's that says in its place where a report is from.
  const instance = tags.get('instance');
  if (instance !== undefined && report.instance === undefined) report.instance = String(instance);
  const list = tags.get('tags');
  const others = [...tags].filter(([key]) => !OWN_TAGS.has(key));
  if (list !== undefined && others.length === 0) report.tags = String(list).split(',');
  else if (others.length > 0)
    report.tags = Object.fromEntries(
      others.map(([key, value]) => [ownName(key, fields), String(value)]),
    );
}

/** A tag whose name was taken is stored under another. */
function ownName(key: string, fields: ReadonlyMap<string, unknown>): string {
  if (!key.startsWith('tag_')) return key;
  const name = key.slice('tag_'.length);
  return isReserved(name) || fields.has(name) ? name : key;
}

function parseJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
