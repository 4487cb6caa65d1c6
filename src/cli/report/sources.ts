import { statSync } from 'node:fs';
import type { WithInternals } from '../../../exporters/delivery/internals.js';
import { LoggerExporter } from '../../../exporters/stores/logger/index.js';
import { storeOf } from '../../reading/read-reports.js';

/** The sources to read, and their bytes if they are files. */
export interface Source {
  readonly stores: readonly WithInternals[];
  readonly names: readonly string[];
  /** Bytes of all files together; none of a store. */
  readonly bytes: number | undefined;
}

/** A name of a metric hardly looks like this. */
const LIKE_A_FILE = /[/\\]|\.(log|json|jsonl|ndjson|gz)(\.\d+)?$/;

/**
 * Tells names of metrics from files: what is there, or looks like a path, is a file. Without one
 * the store is read that the settings name.
 * @throws SettingsError, ImproperlyConfiguredError as `readReports`.
 */
export function sourceOf(words: readonly string[]): Source {
  const files = words.filter((word) => sizeOf(word) !== undefined || LIKE_A_FILE.test(word));
  const names = words.filter((word) => !files.includes(word));
  if (files.length === 0) return { stores: [storeOf(undefined)], names, bytes: undefined };
  return {
    stores: files.map((filename) => new LoggerExporter({ filename })),
    names,
    bytes: files.reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0),
  };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
