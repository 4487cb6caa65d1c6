import { quoted } from '../../reports/quoted.js';
import type { Report } from '../../reports/report.js';

/** The fields of aggregated timings and histograms. */
const NUMBERS = new Set(['count', 'sum', 'min', 'max', 'mean', 'p50', 'p90', 'p95', 'p99']);

/**
 * The line of a report, the same as that of its document, in half its time.
 * @returns nothing for a report that is not plain: a custom's own fields, an object as its value.
 */
export function plainLine(report: Report): string | undefined {
  const { id, value, fields, tags, distribution } = report;
  const own = value === undefined ? '' : scalarOf(value);
  const numbers = fields === undefined ? '' : numbersOf(fields);
  const labels = tags === undefined ? '' : tagsOf(tags);
  if (own === undefined || numbers === undefined || labels === undefined) return undefined;
  const buckets =
    distribution === undefined ? '' : `,"distribution":${JSON.stringify(distribution)}`;
  return `{"id":${quoted(id)}${headOf(report)}${own}${numbers}${buckets}${labels}${tailOf(report)}`;
}

function scalarOf(value: unknown): string | undefined {
  if (typeof value === 'string') return `,"value":${quoted(value)}`;
  const isPlain = value === null || typeof value === 'boolean' || Number.isFinite(value);
  return isPlain ? `,"value":${value as number}` : undefined;
}

function numbersOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  let json = '';
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (!NUMBERS.has(key) || !Number.isFinite(value)) return undefined;
    json += `,"${key}":${value as number}`;
  }
  return json;
}

function tagsOf(tags: NonNullable<Report['tags']>): string | undefined {
  if (Array.isArray(tags)) return `,"tags":${JSON.stringify(tags)}`;
  const given = tags as Readonly<Record<string, unknown>>;
  let json = '';
  for (const key of Object.keys(given)) {
    const value = given[key];
    if (typeof value === 'string') json += `,${quoted(key)}:${quoted(value)}`;
    else if (typeof value === 'boolean' || Number.isFinite(value))
      json += `,${quoted(key)}:${value as number}`;
    else return undefined;
  }
  return `,"tags":{${json.slice(1)}}`;
}

/** The text behind the id of the last line: reports of a metric share it. */
let head = { host: '', name: '', metric: '', json: ',"host":"","name":"","metric":""' };

function headOf({ host, name, metric }: Report): string {
  if (head.name !== name || head.host !== host || head.metric !== metric) {
    const json = `,"host":${quoted(host)},"name":${quoted(name)},"metric":${quoted(metric)}`;
    head = { host, name, metric, json };
  }
  return head.json;
}

type Tail = Pick<Report, 'unit' | 'instance' | 'appName' | 'timestamp' | 'startTimestamp'>;

/** The end of the last line: those of a metric and a millisecond or an interval share it. */
let tail: ReturnType<typeof tailFor> | undefined;

function tailOf(report: Tail): string {
  const isSame =
    tail !== undefined &&
    tail.time === report.timestamp.getTime() &&
    tail.start === report.startTimestamp?.getTime() &&
    tail.unit === report.unit &&
    tail.instance === report.instance &&
    tail.appName === report.appName;
  if (!isSame) tail = tailFor(report);
  return tail!.json;
}

function tailFor({ unit, instance, appName, timestamp, startTimestamp }: Tail) {
  let json = unit === undefined ? '' : `,"unit":${quoted(unit)}`;
  if (instance !== undefined) json += `,"instance":${quoted(instance)}`;
  if (appName !== undefined) json += `,"app_name":${quoted(appName)}`;
  json += `,"timestamp":"${timestamp.toISOString()}"`;
  if (startTimestamp !== undefined) json += `,"start_timestamp":"${startTimestamp.toISOString()}"`;
  const [time, start] = [timestamp.getTime(), startTimestamp?.getTime()];
  return { unit, instance, appName, time, start, json: `${json}}\n` };
}
