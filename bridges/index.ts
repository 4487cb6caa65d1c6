/** Numbers in memory, and how OpenTelemetry sees them. */
export { HeapCells } from './cells/heap.js';
export { MappedCells } from './cells/mapped.js';
export type {
  AnyFamily,
  Cell,
  CellKind,
  CellObserver,
  CellStore,
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
export { CellFileError, DuplicateValueError } from './errors.js';
export { type Observation, observeCells } from './observe.js';
export {
  type ObserveProcessesOptions,
  observeProcesses,
  type ProcessCells,
  type ProcessMetric,
  type ProcessValue,
  readProcess,
} from './processes.js';
export { CellProducer, type CellProducerOptions } from './producer.js';
