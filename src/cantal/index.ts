/**
 * Cantal's metrics: numbers that cost a few nanoseconds, lie in a file that other processes read
 * without this one's help, and are shown to OpenTelemetry.
 * @module
 */

export type { Dimensions } from '../../bridges/cells/cell.js';
export {
  DuplicateValueError,
  DuplicateValueError as DuplicateValueException,
} from '../../bridges/cells/errors.js';
export { ActiveCollection } from './active-collection.js';
export { Branch } from './branch.js';
export { Collection, type CollectionStartOptions, type MetricOptions } from './collection.js';
export { Counter } from './counter.js';
export { Float } from './float.js';
export { Fork, type ForkDimensions } from './fork.js';
export { Integer } from './integer.js';
export { RequestTracker } from './request-tracker.js';
export { type StartOptions, start } from './start.js';
export { State, type StateOptions } from './state.js';
