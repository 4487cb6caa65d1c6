/** Numbers in memory, and how OpenTelemetry sees them. */

export { CellProducer, type CellProducerOptions } from './cell-producer.js';
export { CellFileError, DuplicateValueError } from './cells/errors.js';
export { HeapCells } from './cells/heap-cells.js';
export { MappedCells } from './cells/mapped/mapped-cells.js';
export type {
  AnyFamily,
  Cell,
  CellKind,
  CellObserver,
  CellStore,
  Description,
  Dimensions,
  Family,
  FamilyKind,
  FamilyOptions,
  GaugeFamily,
  HistogramFamily,
  Subscription,
  SumFamily,
  Tags,
  TagValue,
} from './cells/store.js';
export { type Observation, observeCells } from './observe-cells.js';
export {
  type ObserveProcessesOptions,
  observeProcesses,
  type ProcessCells,
  type ProcessMetric,
  type ProcessValue,
  readProcess,
} from './observe-processes.js';
