import { INTERNALS, type WithInternals } from '../../exporters/delivery/internals.js';
import { durationMs } from '../../exporters/reading/durations.js';
import type { ReadQuery } from '../../exporters/reading/query.js';
import { reportsIn } from '../../exporters/reading/sums.js';
import { sumInElasticsearch } from '../../exporters/stores/elasticsearch/counter-sums.js';
import type { SummaryQuery } from '../../exporters/stores/elasticsearch/sums.js';
import { FAILURE_TAGS } from './summary/errors.js';
import type { SummaryOptions } from './summary/options.js';
import { Summarizer } from './summary/summarizer.js';
import type { Summary } from './summary/summary.js';

/** Takes how far the reading is. */
interface Watcher {
  /** Called for each store: gives what takes the bytes of its file that were read. */
  fileReader(): (bytes: number) => void;
  /** So many reports more were read. */
  add(reports: number): void;
}

/**
 * The summary of what is in stores: the rows that `summarize` makes of their reports. A store that
 * can add up does so itself.
 * @throws SettingsError for faulty options; what prevents the reading of a store.
 */
export async function summarizeStores(
  stores: readonly WithInternals[],
  query: ReadQuery,
  options: SummaryOptions,
  watcher: Watcher,
): Promise<Summary[]> {
  const summarizer = new Summarizer(options);
  const sums = {
    by: options.by ?? [],
    also: FAILURE_TAGS,
    step: durationMs(options.step),
    inElasticsearch: sumInElasticsearch,
  };
  for (const store of stores) {
    const onProgress = watcher.fileReader();
    const asked: SummaryQuery = { ...query, isForSummary: true, sums, onProgress };
    for await (const page of store[INTERNALS].readStored(asked)) {
      let reports = 0;
      for (const report of page) {
        summarizer.add(report);
        reports += reportsIn(report);
      }
      watcher.add(reports);
    }
  }
  return summarizer.summaries();
}
