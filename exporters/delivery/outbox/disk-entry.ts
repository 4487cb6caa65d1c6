import type { Report } from '../../reports/report.js';
import type { Signal } from '../ledger.js';
import type { Spool } from './spool.js';

/** An entry as the disk outbox knows it. */
export interface DiskEntry {
  readonly signal: Signal;
  readonly size: number;
  readonly place: number;
  /** In memory, unless it is on disk alone. */
  report: Report | undefined;
  /** The directory on disk that holds the entry. */
  spool: Spool | undefined;
  key: string | undefined;
  /** It has left the outbox. */
  gone: boolean;
  /** True while the entry must still be written to disk. */
  unsaved: boolean;
  /** It is on disk and in memory. */
  cached: boolean;
}

/** The events that the writer reports to its outbox. */
export interface DiskWriterEvents {
  /** The entry is on disk. */
  saved(entry: DiskEntry): void;
  /** The entry must make room in memory. */
  overflow(entry: DiskEntry): void;
  /** A spool of another process is empty and gone. */
  emptied(): void;
  /** Some were written, or cannot be. */
  wrote(): void;
}
