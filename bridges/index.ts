/** Numbers in memory, and how OpenTelemetry sees them. */

export { CellProducer, type CellProducerOptions } from './cell-producer.js';
export type { Cell, CellKind, Dimensions } from './cells/cell.js';
export { CellFileError, DuplicateValueError } from './cells/errors.js';
export { HeapCells } from './cells/heap-cells.js';
export { MappedCells } from './cells/mapped/mapped-cells.js';
export type { Memory } from './cells/memory.js';
export type { HistogramCell } from './cells/series/exponential-histogram.js';
export type { Gains } from './cells/series/gains.js';
export type {
  AnyFamily,
  CellObserver,
  CellStore,
  Description,
  Family,
  FamilyKind,
  FamilyOptions,
  GaugeFamily,
  HistogramFamily,
  HistogramReader,
  PendingSum,
  SeriesAttributes,
  Subscription,
  SumFamily,
  TagPolicy,
  Tags,
  TagValue,
  ValueSink,
} from './cells/store.js';
export type { CellProblem } from './cells/tell-problem.js';
export { type Observation, observeCells } from './observe-cells.js';
export {
  type ObserveProcessesOptions,
  observeProcesses,
  type ProcessCells,
  type ProcessMetric,
  type ProcessValue,
  readProcess,
} from './observe-processes.js';
