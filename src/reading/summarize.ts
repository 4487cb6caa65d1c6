import type { Report } from '../../exporters/reports/report.js';
import { assertReport, assertReports } from './assert-arguments.js';
import type { SummaryOptions } from './summary/options.js';
import { Summarizer } from './summary/summarizer.js';
import type { Summary } from './summary/summary.js';

/**
 * Adds reports up: a row for each name, group and step. Distributions are merged, so that
 * percentiles are right over processes, intervals and tags; counters add up; a gauge has a row for
 * each instance. Reports without a distribution (individual values aside) are counted and summed,
 * and their percentiles are unknown.
 * @param reports of a list, or as `readReports` gives them: then the rows are a promise's. They are
 * not kept.
 * @throws SettingsError with all faults of the options; TypeError for something other than reports.
 */
export function summarize(reports: Iterable<Report>, options?: SummaryOptions): Summary[];
export function summarize(
  reports: AsyncIterable<Report>,
  options?: SummaryOptions,
): Promise<Summary[]>;
export function summarize(
  reports: Iterable<Report> | AsyncIterable<Report>,
  options: SummaryOptions = {},
): Summary[] | Promise<Summary[]> {
  assertReports(reports);
  const summarizer = new Summarizer(options);
  if (Symbol.asyncIterator in reports) return summarizeStream(reports, summarizer);
  for (const report of reports) addReport(summarizer, report);
  return summarizer.summaries();
}

async function summarizeStream(
  reports: AsyncIterable<Report>,
  summarizer: Summarizer,
): Promise<Summary[]> {
  for await (const report of reports) addReport(summarizer, report);
  return summarizer.summaries();
}

function addReport(summarizer: Summarizer, report: Report): void {
  assertReport(report);
  summarizer.add(report);
}
