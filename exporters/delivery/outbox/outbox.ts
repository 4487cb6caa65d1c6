import type { Problems } from '../../diagnostics/problems.js';
import type { Report } from '../../reports/report.js';
import type { Unmade } from '../../reports/unmade.js';
import type { Clock } from '../../timing/clock.js';
import type { Counts, Signal } from '../ledger.js';

/** A report in an outbox. */
export interface OutboxEntry {
  readonly report: Report;
  readonly signal: Signal;
  /** Estimated bytes. */
  readonly size: number;
  /** Its place: entries are numbered in the order they were recorded. */
  readonly place: number;
}

/**
 * The queue in which reports wait for the store, in the order they came. A taken report stays in
 * the outbox until it is removed: it counts in the outbox's bytes and is never dropped.
 */
export interface Outbox {
  /**
   * Resolves when reports of earlier processes, if any, are in. The first call begins to look for
   * them.
   */
  ready(): Promise<void>;
  /**
   * Puts reports at the end. Never throws and never waits; makes room by dropping the oldest that
   * are not taken.
   * @param signal of all of them; default: what the id of each says.
   */
  add(reports: readonly Report[], signal?: Signal): void;
  /**
   * Puts reports at the end that are made when they are taken. Missing where they must be there.
   */
  addUnmade?(unmade: Unmade): void;
  /** Takes the oldest entries within both limits, but at least one if there is one. */
  take(count: number, bytes: number): Promise<readonly OutboxEntry[]>;
  /** Taken entries that are stored or rejected leave. */
  remove(entries: readonly OutboxEntry[]): void;
  /** Entries that wait, without what is taken. */
  readonly waiting: number;
  /** Half of its bound is used: who can wait with more should, as long as the store takes it. */
  readonly isHalfFull: boolean;
  /** Half of what may wait for the disk does, and the disk takes it. */
  readonly isSaving: boolean;
  /** The place that the next report will have. */
  readonly end: number;
  /** The place of the oldest entry, taken ones included; `end` when there is none. */
  oldest(): number;
  /**
   * With a disk: resolves when all that was added so far is on it or stored, with `false` if it
   * cannot be written. Without one: nothing to wait for.
   */
  spooled(): Promise<boolean> | undefined;
  /** Releases what the outbox holds, and tells of each entry that the next start will not find. */
  close(lost: (signal: Signal) => void): Promise<void>;
}

/** The parts of its exporter that an outbox needs. */
export interface OutboxParts {
  readonly counts: Counts;
  readonly problems: Problems;
  readonly clock: Clock;
  /** Called when reports have come from an earlier process. */
  readonly wake: () => void;
  /** Called when entries have left, or are on disk. */
  readonly madeRoom: () => void;
}
