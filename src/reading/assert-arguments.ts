import type { Report } from '../../exporters/reports/report.js';

/** @throws TypeError for something that cannot be gone through. */
export function assertReports(reports: Iterable<Report> | AsyncIterable<Report>): void {
  const given: object = Object(reports);
  if (Symbol.iterator in given || Symbol.asyncIterator in given) return;
  throw new TypeError('summarize() takes reports: pass a list of them, or what readReports gives.');
}

/** @throws TypeError for something other than a report, with what it lacks. */
export function assertReport(report: Report): void {
  const missing = faultOf(report);
  if (missing === undefined) return;
  throw new TypeError(
    `summarize() takes reports as readReports gives them; one of these ${missing}.`,
  );
}

function faultOf(report: unknown): string | undefined {
  if (typeof report !== 'object' || report === null) return 'is not an object';
  const { name, metric, timestamp } = report as Readonly<Record<keyof Report, unknown>>;
  if (typeof name !== 'string') return 'has no name: give it one, a string';
  if (typeof metric !== 'string') return "has no metric: give it one, as 'counter'";
  return isDate(timestamp) ? undefined : 'has no timestamp that is a Date: give it new Date(…)';
}

/** Of whichever realm. */
const isDate = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object Date]' && !Number.isNaN(Number(value));
