export type { Clock, Timer } from './clock.js';
export { DeadlineError, type Fault, ImproperlyConfiguredError, RejectedError, SettingsError, SplitError } from './errors.js';
export { newId, sequenceOf } from './ids.js';
export type { Ledger } from './ledger.js';
export { type OptionRule, type OptionRules, rules } from './options.js';
export type { Report } from './report.js';
export { type Deadline, type ExporterDefaults, type ExporterOptions, ReportExporter } from './report-exporter.js';
export { type ReportOptions, toReports } from './to-reports.js';
export type { Outcome, WriteContext } from './writer.js';
