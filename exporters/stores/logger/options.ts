import type { ExporterOptions } from '../../report-exporter.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';

/** Options of `LoggerExporter`. With neither `logger` nor `filename`: standard error. */
export interface LoggerExporterOptions extends ExporterOptions {
  /** Anything with `info(object)`: pino, winston, console. */
  logger?: { info(object: object): unknown };
  /** A file, named pipe or terminal that gets one JSON object a line; `/dev/stdout` too. Its directory must exist. */
  filename?: string;
  /** `batch`, the default: a batch counts as stored once it is on the disk (fdatasync). `none`: once the system has it. */
  fsync?: 'none' | 'batch';
}

/** The rules of its options: one target at a time. */
export function loggerRules(options: LoggerExporterOptions): OptionRules {
  const both = options?.logger !== undefined && options.filename !== undefined;
  return {
    logger: rules.having('info'),
    filename: both ? () => 'excludes logger' : rules.text,
    fsync: rules.oneOf('none', 'batch'),
  };
}
