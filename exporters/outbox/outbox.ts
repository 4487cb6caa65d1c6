import type { Report } from '../report.js';

/** A report in an outbox. */
export interface Entry {
  readonly report: Report;
  /** Estimated bytes. */
  readonly size: number;
  /** Its place: entries are numbered in the order they came. */
  readonly place: number;
}

/**
 * Where reports wait until the store has them, in the order they came. What is taken stays in the outbox, is counted in its
 * bytes and never dropped, until it is removed.
 */
export interface Outbox {
  /** Puts reports at the end. Never throws and never waits; makes room by dropping the oldest that are not taken. */
  add(reports: readonly Report[]): void;
  /** Takes the oldest, at most so many and at most so many bytes, but at least one if there is one. */
  take(count: number, bytes: number): Promise<readonly Entry[]>;
  /** Taken entries that are stored or rejected, or given up, leave. */
  remove(entries: readonly Entry[]): void;
  /** Entries that wait, without what is taken. */
  readonly waiting: number;
  /** The place that the next report will have. */
  readonly end: number;
  /** The place of the oldest entry, taken ones included; `end` when there is none. */
  oldest(): number;
  /** Resolves when everything that was added so far would survive a crash; `false` if that cannot be had. */
  spooled(): Promise<boolean>;
  /** Releases what the outbox holds; `true` if what it still has is kept for the next start. */
  close(): Promise<boolean>;
}
