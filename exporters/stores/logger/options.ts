import { resolve } from 'node:path';
import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { type OptionRules, onlyOneOf, rules } from '../../setup/option-rules.js';

/** Options of `LoggerExporter`. With neither `logger` nor `filename`: standard error. */
export interface LoggerExporterOptions extends ExporterOptions {
  /** Anything with `info(object)`: pino, winston, console. */
  logger?: { info(object: object): unknown };
  /**
   * A file, named pipe or terminal that gets one JSON object a line; `/dev/stdout` too. Its
   * directory must exist.
   */
  filename?: string;
  /**
   * `json`, the default: one JSON object a line. `kaneda`: the line that Python's Kaneda logs, and
   * for a `logger` the object that it is given there. Such a file cannot be read back.
   */
  format?: 'json' | 'kaneda';
  /**
   * `batch`, the default: a batch counts as stored once it is on the disk (fdatasync). `none`: once
   * the system has it.
   */
  fsync?: 'none' | 'batch';
}

/** The rules of the options above. */
export const OPTION_RULES: OptionRules = {
  logger: rules.having('info'),
  filename: rules.text,
  format: rules.oneOf('json', 'kaneda'),
  fsync: rules.oneOf('none', 'batch'),
};

/** The faults that lie between options, each of them right by itself: one target at a time. */
export const optionFaults = (options: LoggerExporterOptions): OptionFault[] =>
  onlyOneOf(options, ['logger', 'filename']);

/** The name of the target of the lines. */
export function targetOf({ logger, filename }: LoggerExporterOptions): string {
  if (filename !== undefined) return resolve(filename);
  return logger === undefined ? 'standard error' : 'the logger that was given';
}
