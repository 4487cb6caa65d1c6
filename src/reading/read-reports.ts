import { INTERNALS, isExporter, type WithInternals } from '../../exporters/delivery/internals.js';
import { SettingsError } from '../../exporters/errors.js';
import { queryOf, type ReadOptions } from '../../exporters/reading/query.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { isRecord } from '../../exporters/reports/is-record.js';
import type { Report } from '../../exporters/reports/report.js';
import { forReading } from '../settings/build.js';
import { loadSettings, type Settings, settingsOf } from '../settings/settings.js';

/**
 * The source of reports: an exporter, settings as `loadSettings` gives them or a settings file
 * holds them, or nothing: the settings of the environment.
 */
export type ReportSource = ReportExporter | Settings | Readonly<Record<string, unknown>>;

/**
 * Reads the stored reports, oldest first, however much it is: a page at a time is in memory. Reads
 * and never writes, by a connection of its own, which a loop that ends or is left closes.
 *
 * ```ts
 * for await (const report of readReports(exporter, { since: '1h', names: ['shop.duration'] })) …
 * ```
 * @throws SettingsError for faulty options or settings; ImproperlyConfiguredError where the store
 * cannot be read, with the remedy.
 */
export function readReports(
  source?: ReportSource,
  options: ReadOptions = {},
): AsyncGenerator<Report, void, undefined> {
  return singly(storeOf(source)[INTERNALS].readStored(queryOf(options)));
}

async function* singly(pages: AsyncIterable<readonly Report[]>) {
  for await (const page of pages) for (const report of page) yield report;
}

/** The store of a source. @throws SettingsError */
export function storeOf(source: ReportSource | undefined): WithInternals {
  if (source === undefined) return forReading(loadSettings());
  if (isExporter(source)) return source;
  // Only what delivers reports has a ledger: a Metrics, or a queue.
  if (isRecord(source) && !('ledger' in source)) return forReading(settingsOf(source));
  throw new SettingsError('readReports', [
    {
      path: 'the first argument',
      reason: 'is neither an exporter nor settings',
      remedy:
        'pass an exporter, as the backend of your Metrics, the result of loadSettings(), or nothing',
    },
  ]);
}
