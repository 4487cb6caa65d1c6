import type { Report } from '../reports/report.js';

/**
 * The outcome of one report: the store has it, it must be written again, or the store rejects it.
 */
export type Outcome = 'stored' | 'retry' | { rejected: string };

/** The context of a call to a store. */
export interface WriteContext {
  /** Aborted when the deadline passes or the exporter closes. A later answer is ignored. */
  readonly signal: AbortSignal;
}

/** The methods of a store that the writer calls. */
export interface Store {
  connect(context: WriteContext): Promise<void>;
  // biome-ignore lint/suspicious/noConfusingVoidType: a store may answer nothing
  write(reports: readonly Report[], context: WriteContext): Promise<void | readonly Outcome[]>;
}
