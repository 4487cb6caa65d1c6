/**
 * Asking what was stored: reports read back from any store, and summaries whose percentiles are
 * right over processes and time.
 * @module
 */

export { mergeDistributions } from '../../exporters/reading/merge-distributions.js';
export type { Moment } from '../../exporters/reading/moments.js';
export { percentileOf, type Range } from '../../exporters/reading/percentile-of.js';
export type { ReadOptions, ReadQuery } from '../../exporters/reading/query.js';
export type {
  Distribution,
  ExplicitDistribution,
  ExponentialDistribution,
} from '../../exporters/reports/distribution.js';
export type { Report } from '../../exporters/reports/report.js';
export { type ReportSource, readReports } from './read-reports.js';
export { summarize } from './summarize.js';
export type { SummaryOptions } from './summary/options.js';
export type { Summary } from './summary/summary.js';
