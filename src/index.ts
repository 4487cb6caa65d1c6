/**
 * What applications call: `Metrics` with Kaneda's methods, the errors it throws, and the types that go with them.
 * @module
 */
export type { CellStore, Tags, TagValue } from '../bridges/cells/store.js';
export type { Ledger } from '../exporters/ledger.js';
export type { Report } from '../exporters/report.js';
export type { CustomOptions } from './arguments.js';
export * from './errors.js';
export { Metrics } from './metrics.js';
export type { MetricsOptions } from './options.js';
export { loadSettings, Settings } from './settings.js';
export { metrics } from './singleton.js';
export type { Timed, TimedOptions } from './timed.js';
