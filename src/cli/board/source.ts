import type { Report } from '../../../exporters/reports/report.js';
import type { Range } from './protocol.js';

/** The source that reports are read from. */
export interface Source {
  /** The store and its address, without secrets; `undefined`: there is none. */
  readonly name?: string;
  /** The remedy if there is no store. */
  readonly problem?: string;
  /** The ranges that a page may ask for; the first is the one that is taken unasked. */
  readonly ranges: readonly Range[];
  /** Begins a reading that remembers how far it came. */
  reader(): SourceReader;
  /** Lets go of connections. */
  close(): Promise<void>;
}

/** Reads a source again and again. */
export interface SourceReader {
  /**
   * Reads reports since a time, or all of them; again, it may leave out what it gave before. Throws
   * what tells why it cannot.
   */
  read(since: Date | undefined, signal: AbortSignal): AsyncIterable<Report>;
}
