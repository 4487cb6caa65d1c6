import { onePiece, quoted } from './quoted.js';
import type { Report } from './report.js';

/** The fields of aggregated timings and histograms, which are numbers in every store. */
export const NUMBER_FIELDS = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'p50',
  'p90',
  'p95',
  'p99',
] as const;

const NUMBERS: ReadonlySet<string> = new Set(NUMBER_FIELDS);

/** True for a field of aggregated timings and histograms. */
export const isNumberField = (key: string): boolean => NUMBERS.has(key);

/** The member of a plain value, with a comma before it; nothing for an object. */
export function valueMember(value: unknown): string | undefined {
  if (typeof value === 'string') return `,"value":${quoted(value)}`;
  const isPlain = value === null || typeof value === 'boolean' || Number.isFinite(value);
  return isPlain ? `,"value":${value as number}` : undefined;
}

/** The members of aggregated fields, each with a comma before it; nothing for a custom's own. */
export function numberMembers(fields: Readonly<Record<string, unknown>>): string | undefined {
  let json = '';
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (!isNumberField(key) || !Number.isFinite(value)) return undefined;
    json += `,"${key}":${value as number}`;
  }
  return json;
}

/** Keys of tags that are kept as JSON, at most. */
const MAX_KEYS = 1_000;
const keys = new Map<string, string>();

/** The member of a tag; nothing for what is none. */
export function tagMember(key: string, value: unknown): string | undefined {
  if (typeof value === 'string') return keyOf(key) + quoted(value);
  const isPlain = typeof value === 'boolean' || Number.isFinite(value);
  return isPlain ? keyOf(key) + (value as number) : undefined;
}

/** A key and its colon. Keys are few, and the same again and again. */
function keyOf(key: string): string {
  let json = keys.get(key);
  if (json === undefined) {
    if (keys.size >= MAX_KEYS) keys.clear();
    json = onePiece(`${quoted(key)}:`);
    keys.set(key, json);
  }
  return json;
}

/** The members of the last report: those of a metric share them. */
let head = { host: '', name: '', metric: '', json: '"host":"","name":"","metric":""' };

/** The members `host`, `name` and `metric`. */
export function headMembers({ host, name, metric }: Report): string {
  if (head.name !== name || head.host !== host || head.metric !== metric) {
    const json = `"host":${quoted(host)},"name":${quoted(name)},"metric":${quoted(metric)}`;
    head = { host, name, metric, json: onePiece(json) };
  }
  return head.json;
}

type Tail = Pick<Report, 'unit' | 'instance' | 'appName' | 'timestamp' | 'startTimestamp'>;

/**
 * Returns a function that gives the members from `unit` to `start_timestamp`, each with a comma
 * before it. It keeps the last ones: reports of a metric and an interval share them.
 * @param timeName of the member that has the time.
 */
export function tailMembers(timeName: string): (report: Tail) => string {
  const tailFor = ({ unit, instance, appName, timestamp, startTimestamp }: Tail) => {
    let json = unit === undefined ? '' : `,"unit":${quoted(unit)}`;
    if (instance !== undefined) json += `,"instance":${quoted(instance)}`;
    if (appName !== undefined) json += `,"app_name":${quoted(appName)}`;
    json += `,"${timeName}":"${timestamp.toISOString()}"`;
    if (startTimestamp !== undefined)
      json += `,"start_timestamp":"${startTimestamp.toISOString()}"`;
    const [time, start] = [timestamp.getTime(), startTimestamp?.getTime()];
    return { unit, instance, appName, time, start, json: onePiece(json) };
  };
  let tail = tailFor({ timestamp: new Date(0) });
  return (report) => {
    const isSame =
      tail.time === report.timestamp.getTime() &&
      tail.start === report.startTimestamp?.getTime() &&
      tail.unit === report.unit &&
      tail.instance === report.instance &&
      tail.appName === report.appName;
    if (!isSame) tail = tailFor(report);
    return tail.json;
  };
}
