import type { Report } from '../reports/report.js';

/** The groups that counters may be added up to before they are read. */
export interface SumsQuery {
  /** Tags that a sum keeps, with their types; `host`, `instance` and `app_name` too. */
  readonly by: readonly string[];
  /** Tags that a sum keeps as well; a number among them may come as its text. */
  readonly also: readonly string[];
  /** Milliseconds: a sum is of one step alone, which begins at a multiple of them. */
  readonly step: number | undefined;
}

/** Reports of one counter, added up to one. */
export interface SummedReport extends Report {
  /** The number of the reports. */
  readonly summed: number;
}

/** The number of reports that a report stands for. */
export const reportsIn = (report: Report | SummedReport): number =>
  'summed' in report ? report.summed : 1;
