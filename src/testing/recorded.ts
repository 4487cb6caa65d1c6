import type { Tags } from '../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspectAs } from '../../exporters/diagnostics/inspect-as.js';
import type { Report } from '../../exporters/reports/report.js';

/**
 * The calls of a fake `Metrics`, in their order. Where tags are given, only calls with at least
 * these tags count; without tags, all of the name. What is neither name nor tags throws a
 * `TypeError`.
 */
export class Recorded {
  #reports: Report[] = [];
  #added = 0;

  /** Each call as the report that a store gets in `mode: 'individual'`. A copy. */
  get reports(): readonly Report[] {
    return [...this.#reports];
  }

  /** The sum of a counter's `increment` and `decrement` calls; 0 if there were none. */
  counter(name: string, tags?: Tags): number {
    return this.#values<number>('counter', name, tags).reduce((sum, value) => sum + value, 0);
  }

  /** The last value that was set; `undefined` if none was. */
  gauge(name: string, tags?: Tags): number | undefined {
    return this.#values<number>('gauge', name, tags).at(-1);
  }

  /** The durations of `timing` and `timed`, in the unit in which they were recorded. */
  timings(name: string, tags?: Tags): readonly number[] {
    return this.#values<number>('timing', name, tags);
  }

  /** The texts of `event` calls. */
  events(name: string, tags?: Tags): readonly string[] {
    return this.#values<string>('event', name, tags);
  }

  /** The reports of every kind that have this name, customs too. */
  byName(name: string, tags?: Tags): readonly Report[] {
    if (typeof name !== 'string' || (tags !== undefined && Object(tags) !== tags))
      throw new TypeError(
        'recorded takes a name, and tags as calls do: a record or a list, or none for all.',
      );
    return this.#reports.filter((report) => report.name === name && hasTags(report, tags));
  }

  /** Forgets the calls so far. */
  clear(): void {
    this.#reports = [];
  }

  /** @internal For `console.log`, and the message of an assertion that fails. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const calls = this.#reports.map(partsOf);
    return inspectAs(
      'Recorded',
      { calls },
      { ...options, depth: Number.POSITIVE_INFINITY },
      inspect,
    );
  }

  /** @internal The number of calls, those that were forgotten too. */
  get added(): number {
    return this.#added;
  }

  /** @internal */
  add(reports: readonly Report[]): void {
    this.#reports.push(...reports);
    this.#added += reports.length;
  }

  #values<T>(metric: string, name: string, tags: Tags | undefined): T[] {
    return this.byName(name, tags)
      .filter((report) => report.metric === metric)
      .map(({ value }) => value as T);
  }
}

function hasTags({ tags = {} }: Report, wanted: Tags | undefined): boolean {
  if (wanted === undefined) return true;
  if (isList(wanted)) return isList(tags) && wanted.every((tag) => tags.includes(tag));
  return (
    !isList(tags) && Object.entries(wanted).every(([key, value]) => Object.is(tags[key], value))
  );
}

/** The parts of a report that the application gave. */
function partsOf({ metric, name, value, fields, tags }: Report): object {
  const given = Object.entries({ metric, name, value, fields, tags });
  return Object.fromEntries(given.filter(([, part]) => part !== undefined));
}

const isList = (tags: unknown): tags is readonly string[] => Array.isArray(tags);
