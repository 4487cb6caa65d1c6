import { SettingsError } from '../errors.js';
import type { OnProblem } from '../problems/problem.js';
import type { Report } from '../reports/report.js';
import { checkOptions, type OptionRules, rules } from '../setup/option-rules.js';
import { emptyRange, type Moment, momentMs, momentRule } from './moments.js';

/** Which reports are read. Everything may be left out: then all are. */
export interface ReadOptions {
  /**
   * The earliest timestamp: a date, milliseconds since 1970, an ISO text, or a duration before now
   * (`'1h'`).
   */
  since?: Moment;
  /** The first timestamp that is too late; as `since`. */
  until?: Moment;
  /** The names of reports; default: all. */
  names?: readonly string[];
  /** Types of metrics: `counter`, `gauge`, `timing`, `event`, … */
  metrics?: readonly string[];
  /** Tags that a report must have, all of them: keys with values, or a list. */
  tags?: Report['tags'];
  /** Ends the reading: the loop throws the signal's reason. */
  signal?: AbortSignal;
  /**
   * Takes what is noticed on the way, such as lines of a file that are not reports; default: as an
   * exporter's.
   */
  onProblem?: OnProblem;
}

/** The options as a store's reader gets them: checked, times in milliseconds. */
export interface ReadQuery {
  /** The earliest timestamp, in milliseconds since 1970. */
  readonly since: number | undefined;
  /** The first timestamp that is too late, in milliseconds since 1970. */
  readonly until: number | undefined;
  /** The names that are read; all if it is missing. */
  readonly names: readonly string[] | undefined;
  /** The types of metrics that are read; all if it is missing. */
  readonly metrics: readonly string[] | undefined;
  /** Key and value as text. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Tags of a list. */
  readonly listed: readonly string[];
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Takes what is noticed on the way. */
  readonly onProblem: OnProblem | undefined;
  /** Reports are only added up: their order, ids and stored percentiles may be wrong or missing. */
  readonly isForSummary?: boolean;
  /** Takes the bytes of a file that were read so far, and all its bytes. */
  readonly onProgress?: (bytes: number) => void;
}

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isTagValue = (value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
const texts = (value: unknown): string | undefined =>
  isTextList(value) ? undefined : 'must be a list of strings';

const RULES: OptionRules = {
  since: momentRule,
  until: momentRule,
  names: texts,
  metrics: texts,
  tags: (value) =>
    isTextList(value) ||
    (rules.object(value) === undefined && Object.values(value as object).every(isTagValue))
      ? undefined
      : 'must be an object of keys and their values (strings, numbers, booleans), or a list of strings',
  signal: (value) => (value instanceof AbortSignal ? undefined : 'must be an AbortSignal'),
  onProblem: rules.function,
};

/** Checks the options and fills them in. @throws SettingsError with all faults. */
export function queryOf(options: ReadOptions): ReadQuery {
  const faults = [...checkOptions(options, RULES), ...emptyRange(options)];
  if (faults.length > 0) throw new SettingsError('readReports', faults);
  const { since, until, names, metrics, tags = [], signal, onProblem } = options;
  return {
    since: momentMs(since),
    until: momentMs(until),
    names,
    metrics,
    tags: isTextList(tags)
      ? []
      : Object.entries(tags).map(([key, value]) => [key, String(value)] as const),
    listed: isTextList(tags) ? tags : [],
    signal: signal ?? new AbortController().signal,
    onProblem,
  };
}

/** Tells whether a report is asked for. A store may give back more than that. */
export function matches(query: ReadQuery, { name, metric, timestamp, tags }: Report): boolean {
  const time = timestamp.getTime();
  if (query.since !== undefined && time < query.since) return false;
  if (query.until !== undefined && time >= query.until) return false;
  if (query.names !== undefined && !query.names.includes(name)) return false;
  if (query.metrics !== undefined && !query.metrics.includes(metric)) return false;
  return hasTags(query, tags);
}

function hasTags({ tags: wanted, listed }: ReadQuery, tags: Report['tags']): boolean {
  if (listed.length > 0)
    return isTextList(tags) && listed.every((tag) => (tags as readonly string[]).includes(tag));
  if (wanted.length === 0) return true;
  if (tags === undefined || Array.isArray(tags)) return false;
  const named = tags as Readonly<Record<string, unknown>>;
  return wanted.every(([key, value]) => Object.hasOwn(named, key) && String(named[key]) === value);
}
