import { statSync } from 'node:fs';
import { resolve } from 'node:path';
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
 * Tells names of metrics from files: a file that is there, and what looks like a path, is a file.
 * Without one the store is read that the settings name.
 * @param given names that are none of files.
 * @throws SettingsError, ImproperlyConfiguredError as `readReports`.
 */
export function sourceOf(words: readonly string[], given: readonly string[] = []): Source {
  const isFile = (word: string) => sizeOf(word) !== undefined || LIKE_A_FILE.test(word);
  // Named twice, as by two patterns, a file is read once.
  const files = [...new Set(words.filter(isFile).map((word) => resolve(word)))];
  const names = [...words.filter((word) => !isFile(word)), ...given];
  if (files.length === 0) return { stores: [storeOf(undefined)], names, bytes: undefined };
  return {
    stores: files.map((filename) => new LoggerExporter({ filename })),
    names,
    bytes: files.reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0),
  };
}

/** Of a directory none: a metric may well be called `test`. */
function sizeOf(path: string): number | undefined {
  try {
    const found = statSync(path);
    return found.isDirectory() ? undefined : found.size;
  } catch {
    // Not there, or not a path at all. What only looks like one, its reader explains.
    return undefined;
  }
}
