/**
 * The entry point of applications: `Metrics` with Kaneda's methods, the errors it throws, and the
 * types that go with them.
 * @module
 */
export type { CellStore, Description, Tags, TagValue } from '../bridges/cells/store.js';
export type { Ledger } from '../exporters/delivery/ledger.js';
export type { Report } from '../exporters/reports/report.js';
export * from './errors.js';
export type { CustomOptions } from './metrics/call-arguments.js';
export type { CounterHandle, LevelHandle, TimerHandle } from './metrics/handles/handle.js';
export { Metrics } from './metrics/metrics.js';
export type { MetricsOptions } from './metrics/options.js';
export type { ChildOptions } from './metrics/scope.js';
export { metrics } from './metrics/singleton.js';
export type { Timed, TimedOptions } from './metrics/timed.js';
export type { Logger, LoggerProvider } from './pipeline/logs-api.js';
export { collectProcessMetrics, type ProcessMetricsOptions } from './process/collect.js';
export { loadSettings, Settings } from './settings/settings.js';
