import { sizeOf } from '../../reports/estimated-size.js';
import type { Report } from '../../reports/report.js';
import type { Unmade } from '../../reports/unmade.js';
import { TimeSlice } from '../../timing/in-slices.js';
import type { Signal } from '../ledger.js';
import { signalOf } from '../ledger.js';
import { Queue } from './fifo.js';
import type { Outbox, OutboxEntry } from './outbox.js';
import { type TakeableEntry, TakenEntries } from './taken-entries.js';

/** Unmade reports are those of data points. */
const UNMADE_SIGNAL = 'metric_data_point';

/** Reports that are made when their turn comes. */
interface Run {
  readonly unmade: Unmade;
  /** The place of the first of them. */
  readonly place: number;
}

/** The events that an outbox in memory reports. */
export interface MemoryOutboxEvents {
  /** A report had to make room. */
  dropped(signal: Signal): void;
  /** A report could not be made. */
  rejected?(signal: Signal, reason: string): void;
  /** Entries have left. */
  madeRoom?(): void;
}

/** Reports wait on the heap, within a bound of bytes. */
export class MemoryOutbox implements Outbox {
  readonly #queue = new Queue<TakeableEntry | Run>();
  /** The reports of the run that was first in the queue; they come before the queue. */
  readonly #made = new Queue<TakeableEntry>();
  readonly #taken = new TakenEntries();
  readonly #maxBytes: number;
  readonly #events: MemoryOutboxEvents;
  #waiting = 0;
  #bytes = 0;
  #end = 0;

  readonly isSaving = false;

  constructor(maxBytes: number, events: MemoryOutboxEvents) {
    this.#maxBytes = maxBytes;
    this.#events = events;
  }

  get isHalfFull(): boolean {
    return this.#bytes > this.#maxBytes / 2;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get end(): number {
    return this.#end;
  }

  async ready(): Promise<void> {}

  add(reports: readonly Report[], signal?: Signal): void {
    for (const report of reports) {
      const entry = entryOf(report, signal ?? signalOf(report), this.#end++);
      this.#queue.push(entry);
      this.#waiting += 1;
      this.#bytes += entry.size;
      this.#makeRoom();
    }
  }

  addUnmade(unmade: Unmade): void {
    this.#queue.push({ unmade, place: this.#end });
    this.#end += unmade.count;
    this.#waiting += unmade.count;
    this.#bytes += unmade.bytes;
    this.#makeRoom();
  }

  async take(count: number, bytes: number): Promise<readonly OutboxEntry[]> {
    const entries: OutboxEntry[] = [];
    let size = 0;
    const slice = new TimeSlice();
    while (entries.length < count) {
      // To make reports takes longer than to take them.
      if (this.#made.length === 0 && slice.isOver) await slice.pause();
      const next = this.#first();
      if (next === undefined || (entries.length > 0 && size + next.size > bytes)) break;
      size += next.size;
      entries.push(next);
      this.#shift();
      this.#taken.add(next);
    }
    return entries;
  }

  remove(entries: readonly OutboxEntry[]): void {
    for (const entry of entries as readonly TakeableEntry[])
      if (this.#taken.delete(entry)) this.#bytes -= entry.size;
    this.#events.madeRoom?.();
  }

  oldest(): number {
    const first = this.#made.first() ?? this.#queue.first();
    return this.#taken.oldest()?.place ?? first?.place ?? this.#end;
  }

  spooled(): undefined {
    return undefined;
  }

  async close(lost: (signal: Signal) => void): Promise<void> {
    for (const { signal } of this.#taken.clear()) lost(signal);
    for (let made = this.#made.shift(); made !== undefined; made = this.#made.shift())
      lost(made.signal);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if ('report' in next) lost(next.signal);
      else for (let i = 0; i < next.unmade.count; i++) lost(UNMADE_SIGNAL);
    }
    this.#waiting = 0;
    this.#bytes = 0;
  }

  /** The entry that comes next, made where it must be. */
  #first(): TakeableEntry | undefined {
    while (this.#made.length === 0) {
      const next = this.#queue.first();
      if (next === undefined || 'report' in next) return next;
      this.#queue.shift();
      this.#make(next);
    }
    return this.#made.first();
  }

  #shift(): void {
    if (this.#made.shift() === undefined) this.#queue.shift();
    this.#waiting -= 1;
  }

  #make({ unmade, place }: Run): void {
    const reports = unmade.make((reason) => this.#events.rejected?.(UNMADE_SIGNAL, reason));
    this.#waiting += reports.length - unmade.count;
    this.#bytes -= unmade.bytes;
    reports.forEach((report, i) => {
      const entry = entryOf(report, UNMADE_SIGNAL, place + i);
      this.#bytes += entry.size;
      this.#made.push(entry);
    });
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes) {
      if (this.#dropRun()) continue;
      const entry = this.#first();
      if (entry === undefined) return;
      this.#shift();
      this.#bytes -= entry.size;
      this.#events.dropped(entry.signal);
    }
  }

  /** Drops the oldest run unmade, where all of it must go: to make it first takes time. */
  #dropRun(): boolean {
    const oldest = this.#queue.first();
    if (this.#made.length > 0 || oldest === undefined || 'report' in oldest) return false;
    const { count, bytes } = oldest.unmade;
    if (this.#bytes - bytes < this.#maxBytes) return false;
    this.#queue.shift();
    this.#waiting -= count;
    this.#bytes -= bytes;
    for (let i = 0; i < count; i++) this.#events.dropped(UNMADE_SIGNAL);
    return true;
  }
}

const entryOf = (report: Report, signal: Signal, place: number): TakeableEntry => ({
  report,
  signal,
  size: sizeOf(report),
  place,
  isTaken: false,
});
