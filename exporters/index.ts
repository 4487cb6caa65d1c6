export type { Ledger } from './delivery/ledger.js';
export type { Outcome, WriteContext } from './delivery/store.js';
export {
  DeadlineError,
  type Fault,
  ImproperlyConfiguredError,
  MissingPackageError,
  RejectedError,
  SettingsError,
  SplitError,
} from './errors.js';
export type { OptionFault, OptionNames } from './faults.js';
export type { OnProblem, Problem } from './problems/problem.js';
export type { ReadQuery } from './reading/query.js';
export {
  type Deadline,
  type ExporterDefaults,
  type ExporterDefinition,
  type ExporterOptions,
  type ExportResult,
  ReportExporter,
} from './report-exporter.js';
export type {
  Distribution,
  ExplicitDistribution,
  ExponentialDistribution,
} from './reports/distribution.js';
export { millisecondOf, newId, sequenceOf } from './reports/ids.js';
export type { Conversion, Report, Steps } from './reports/report.js';
export { type Exported, type ReportOptions, toReports } from './reports/to-reports.js';
export type { Examination } from './setup/examination.js';
export { type OptionRule, type OptionRules, rules } from './setup/option-rules.js';
export type { Clock, Timer } from './timing/clock.js';
