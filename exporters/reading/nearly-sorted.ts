import type { Report } from '../reports/report.js';

/** A report may come so many places too late, as of several processes that write into one file. */
const PLACES = 10_000;

const byTime = (a: Report, b: Report): number => a.timestamp.getTime() - b.timestamp.getTime();

/**
 * Puts pages of reports that are nearly in the order of their time into that order, without keeping
 * more than a few thousand.
 */
export async function* nearlySorted(
  pages: AsyncIterable<readonly Report[]>,
): AsyncGenerator<readonly Report[], void> {
  let waiting: Report[] = [];
  for await (const page of pages) {
    for (const report of page) waiting.push(report);
    if (waiting.length < 2 * PLACES) continue;
    waiting.sort(byTime);
    yield waiting.slice(0, -PLACES);
    waiting = waiting.slice(-PLACES);
  }
  if (waiting.length > 0) yield waiting.sort(byTime);
}
