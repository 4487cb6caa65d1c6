export type { Outcome, WriteContext } from './delivery/batch-writer.js';
export type { Ledger } from './delivery/ledger.js';
export type { OnProblem, Problem } from './diagnostics/problem.js';
export {
  DeadlineError,
  type Fault,
  ImproperlyConfiguredError,
  MissingPackageError,
  RejectedError,
  SettingsError,
  SplitError,
} from './errors.js';
export type { OptionFault } from './faults.js';
export {
  type Deadline,
  type ExporterDefaults,
  type ExporterDefinition,
  type ExporterOptions,
  ReportExporter,
} from './report-exporter.js';
export type {
  Distribution,
  ExplicitDistribution,
  ExponentialDistribution,
} from './reports/distribution.js';
export { millisecondOf, newId, sequenceOf } from './reports/ids.js';
export type { Report } from './reports/report.js';
export { type ReportOptions, toReports } from './reports/to-reports.js';
export { type OptionRule, type OptionRules, rules } from './setup/option-rules.js';
export type { Clock, Timer } from './timing/clock.js';
