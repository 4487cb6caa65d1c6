import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { readReports } from '../../reading/read-reports.js';
import { forReading } from '../../settings/build.js';
import { loadSettings } from '../../settings/settings.js';
import { LogTail } from './log-tail.js';
import type { Source } from './source.js';

const NO_STORE =
  'The settings name no store: set BACKEND in kanedasettings.json, or KANEDA_BACKEND in the environment.';
const CLOSE_TIMEOUT_MS = 1_000;
/** Reports of clocks that are further ahead are not shown: they would be read at each look. */
const FURTHEST_AHEAD_MS = 24 * 3_600_000;

/**
 * Finds out where reports are read from: a log file, or the store that the settings name, or
 * nowhere where they name none.
 * @throws SettingsError for faulty settings; an error with a remedy for a file that cannot be read.
 */
export async function sourceOf(file: string | undefined): Promise<Source> {
  if (file !== undefined) {
    await mustBeReadable(file);
    return fileSource(file);
  }
  const settings = loadSettings();
  const { BACKEND: backend, LOGGER_FILENAME: log, LOGGER_FORMAT: format } = settings;
  if (backend === undefined) return NOWHERE;
  // The exporter itself tells that lines of Kaneda's format are not read back.
  const isTailed = backend === 'logger' && format !== 'kaneda';
  if (isTailed && typeof log === 'string') return fileSource(log);
  const name = typeof backend === 'string' ? backend : 'store';
  return storeSource(name, forReading(settings));
}

/** A log file: unasked, all of it is shown. */
export function fileSource(file: string): Source {
  const path = resolve(file);
  return {
    name: path,
    ranges: ['all', '15m', '1h', '6h', '24h'],
    reader: () => new LogTail(path),
    close: async () => {},
  };
}

/** A store: unasked, the last hour is shown. */
export function storeSource(name: string, store: ReportExporter): Source {
  const { target } = store;
  return {
    name: target === undefined ? name : target.startsWith(name) ? target : `${name} ${target}`,
    ranges: ['1h', '15m', '6h', '24h'],
    reader: () => ({
      read: (since, signal) => {
        const until = Date.now() + FURTHEST_AHEAD_MS;
        return readReports(store, { ...(since && { since }), until, signal });
      },
    }),
    close: () => store.shutdown({ timeout: CLOSE_TIMEOUT_MS }),
  };
}

/** The page has the cells of running processes alone. */
const NOWHERE: Source = {
  problem: NO_STORE,
  ranges: [],
  reader: () => ({ read: async function* () {} }),
  close: async () => {},
};

async function mustBeReadable(file: string): Promise<void> {
  const path = resolve(file);
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      missing
        ? `there is no file ${path}: name a log file that LoggerExporter writes`
        : `${path} cannot be read: grant read access to this user`,
    );
  }
  if ((await stat(path)).isDirectory())
    throw new Error(`${path} is a directory: name a log file that LoggerExporter writes`);
}
