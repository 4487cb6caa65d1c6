import { percentileIn } from '../../../exporters/reading/percentile-of.js';
import { instanceOf, type Report } from '../../../exporters/reports/report.js';
import { groupKey, groupOf } from './group.js';
import { checkSummaryOptions, type SummaryOptions } from './options.js';
import { Row } from './row.js';
import type { Summary } from './summary.js';

/**
 * Adds reports up as they come: the memory it takes depends on the number of rows, not of reports.
 */
export class Summarizer {
  readonly #by: readonly string[];
  readonly #step: number | undefined;
  readonly #percentiles: readonly number[];
  readonly #rows = new Map<string, Row>();
  #from: number;
  #to: number;
  readonly #bounded: { readonly from: boolean; readonly to: boolean };

  /** @throws SettingsError with all faults of the options. */
  constructor(options: SummaryOptions = {}) {
    const { by, step, percentiles, since, until } = checkSummaryOptions(options);
    this.#by = by;
    this.#step = step;
    this.#percentiles = percentiles;
    this.#bounded = { from: since !== undefined, to: until !== undefined };
    this.#from = since ?? Number.POSITIVE_INFINITY;
    this.#to = until ?? Number.NEGATIVE_INFINITY;
  }

  add(report: Report): void {
    const time = report.timestamp.getTime();
    const start = report.startTimestamp?.getTime() ?? time;
    if (!this.#bounded.from && start < this.#from) this.#from = start;
    if (!this.#bounded.to && time > this.#to) this.#to = time;
    this.#rowOf(report, time).add(report);
  }

  /** The rows as they are now, by name, group and time. */
  summaries(): Summary[] {
    return [...this.#rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => this.#summaryOf(row));
  }

  #rowOf(report: Report, time: number): Row {
    const { name, metric, unit } = report;
    // Several processes' values of one gauge are several values.
    const instance = metric === 'gauge' ? instanceOf(report) : undefined;
    const start = this.#step === undefined ? undefined : Math.floor(time / this.#step) * this.#step;
    const key = `${name}\0${metric}\0${unit ?? ''}\0${groupKey(report, this.#by)}\0${instance ?? ''}\0${start === undefined ? '' : sortable(start)}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      const group = groupOf(report, this.#by);
      row = new Row({ name, metric, unit, group, instance, start });
      this.#rows.set(key, row);
    }
    return row;
  }

  #summaryOf(row: Row): Summary {
    const { name, metric, unit, group, instance, start } = row.key;
    const isCounter = metric === 'counter';
    const [min, max] = isCounter ? [undefined, undefined] : [row.min, row.max];
    const amount = metric === 'gauge' ? undefined : row.count;
    const seconds = (this.#step ?? this.#to - this.#from) / 1_000;
    return {
      name,
      metric,
      unit,
      group,
      instance,
      time: new Date(start ?? this.#from),
      count: row.count,
      sum: metric === 'gauge' ? undefined : row.sum,
      rate: amount !== undefined && seconds > 0 ? amount / seconds : undefined,
      min,
      max,
      mean: isCounter ? undefined : row.mean,
      percentiles: this.#percentilesOf(row),
      last: row.last,
      errors: row.errors,
      reports: row.reports,
      withoutDistribution: row.withoutDistribution,
    };
  }

  #percentilesOf(row: Row): Record<number, number> | undefined {
    const { distribution, min, max } = row;
    if (distribution === undefined) return undefined;
    const found: Record<number, number> = {};
    for (const p of this.#percentiles) {
      const value = percentileIn(distribution, p, { min, max });
      if (value !== undefined) found[p] = value;
    }
    return found;
  }
}

/** Sorts as a text as it does as a number, from 1970 on. */
const sortable = (ms: number): string => String(ms).padStart(16, '0');
