import type { Problems } from '../../diagnostics/problems.js';
import { sizeOf } from '../../reports/estimated-size.js';
import type { Report } from '../../reports/report.js';
import { MIB_BYTES } from '../../setup/definition.js';
import { inSlices } from '../../timing/in-slices.js';
import { FULL } from '../health.js';
import { type Signal, signalOf } from '../ledger.js';
import { inherit } from './adopt-spools.js';
import type { DiskEntry } from './disk-entry.js';
import { DiskWriter } from './disk-writer.js';
import { Queue } from './fifo.js';
import type { Outbox, OutboxEntry, OutboxParts } from './outbox.js';
import type { Spool } from './spool.js';

/**
 * Saved reports that are kept in memory as well, so that a healthy store's batches need no reading.
 */
const CACHED_BYTES = 8 * MIB_BYTES;

/** The parts that the disk outbox works with. */
export interface DiskParts extends OutboxParts {
  readonly directory: string;
  readonly name: string;
  /** An earlier name, whose spools are taken over too. */
  readonly formerName?: string | undefined;
  readonly maxBytes: number;
}

/**
 * Reports wait on disk. They are in memory until a group of them is written, which recording never
 * waits for; should the disk not take them they stay in memory, bounded. What an earlier process
 * left is taken over.
 */
export class DiskOutbox implements Outbox {
  readonly #parts: DiskParts;
  readonly #disk: DiskWriter;
  #queue = new Queue<DiskEntry>();
  readonly #taken = new Set<DiskEntry>();
  #waiting = 0;
  #bytes = 0;
  #cached = 0;
  #end = 0;
  /** Inherited entries are numbered down from here. */
  #start = 0;
  #ready: Promise<void> | undefined;
  #closed = false;

  constructor(parts: DiskParts) {
    this.#parts = parts;
    this.#disk = new DiskWriter(parts, {
      saved: (entry) => this.#saved(entry),
      overflow: (entry) => {
        if (!this.#taken.has(entry)) this.#drop(entry);
      },
      emptied: () => this.#inheritMore(),
      wrote: parts.madeRoom,
    });
  }

  get waiting(): number {
    return this.#waiting;
  }

  get end(): number {
    return this.#end;
  }

  get isHalfFull(): boolean {
    return this.#bytes > this.#parts.maxBytes / 2;
  }

  get isSaving(): boolean {
    return this.#disk.isHalfFull;
  }

  ready(): Promise<void> {
    this.#ready ??= this.#inherit();
    return this.#ready;
  }

  add(reports: readonly Report[], signal?: Signal): void {
    for (const report of reports) {
      const entry = newEntry(signal ?? signalOf(report), sizeOf(report), this.#end++, report);
      this.#queue.push(entry);
      this.#bytes += entry.size;
      this.#waiting += 1;
      this.#disk.add(entry);
    }
    this.#makeRoom();
    this.#disk.begin();
  }

  async take(count: number, bytes: number): Promise<readonly OutboxEntry[]> {
    await this.ready();
    const entries: DiskEntry[] = [];
    let size = 0;
    while (entries.length < count) {
      const next = this.#first();
      if (next === undefined || (entries.length > 0 && size + next.size > bytes)) break;
      size += next.size;
      entries.push(next);
      this.#taken.add(next);
      this.#queue.shift();
      this.#waiting -= 1;
    }
    await this.#load(entries);
    const whole = entries.filter((entry) => entry.report !== undefined) as OutboxEntry[];
    // A batch of damaged reports alone does not end the delivery.
    return whole.length === 0 && entries.length > 0 ? this.take(count, bytes) : whole;
  }

  remove(entries: readonly OutboxEntry[]): void {
    for (const entry of entries as unknown as readonly DiskEntry[]) {
      if (this.#taken.delete(entry)) this.#release(entry);
    }
    this.#parts.madeRoom();
  }

  oldest(): number {
    for (const { place } of this.#taken) return place;
    return this.#first()?.place ?? this.#end;
  }

  spooled(): Promise<boolean> {
    return this.#disk.saved(this.#end);
  }

  async close(lost: (signal: Signal) => void): Promise<void> {
    this.#closed = true;
    await this.#ready;
    await this.#disk.close();
    const left = [...this.#taken];
    this.#taken.clear();
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift())
      left.push(entry);
    for (const entry of left) if (!entry.gone && entry.spool === undefined) lost(entry.signal);
    this.#waiting = 0;
  }

  /** The first entry that is still wanted. */
  #first(): DiskEntry | undefined {
    let entry = this.#queue.first();
    while (entry?.gone) {
      this.#queue.shift();
      entry = this.#queue.first();
    }
    return entry;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#parts.maxBytes) {
      const entry = this.#first();
      if (entry === undefined) return;
      this.#drop(entry);
    }
  }

  #drop(entry: DiskEntry, reason = FULL): void {
    if (entry.gone) return;
    if (!this.#taken.delete(entry)) this.#waiting -= 1;
    this.#release(entry);
    this.#parts.counts.drop(entry.signal, reason);
    if (reason === FULL) tellFull(this.#parts.problems);
  }

  #release(entry: DiskEntry): void {
    entry.gone = true;
    this.#bytes -= entry.size;
    this.#uncache(entry);
    entry.report = undefined;
    this.#disk.forget(entry);
  }

  /** On disk now: in memory only as far as the bound for that goes. */
  #saved(entry: DiskEntry): void {
    if (this.#taken.has(entry)) return;
    if (this.#cached + entry.size > CACHED_BYTES) entry.report = undefined;
    else {
      this.#cached += entry.size;
      entry.cached = true;
    }
  }

  #uncache(entry: DiskEntry): void {
    if (!entry.cached) return;
    entry.cached = false;
    this.#cached -= entry.size;
  }

  /** Reads the reports that are on disk alone. */
  async #load(entries: readonly DiskEntry[]): Promise<void> {
    const absent = new Map<Spool, DiskEntry[]>();
    for (const entry of entries) {
      this.#uncache(entry);
      if (entry.report !== undefined) continue;
      const same = absent.get(entry.spool!);
      if (same === undefined) absent.set(entry.spool!, [entry]);
      else same.push(entry);
    }
    for (const [spool, some] of absent) {
      const reports = await spool.read(some.map((entry) => entry.key!));
      some.forEach((entry, i) => {
        entry.report = reports[i];
        if (entry.report !== undefined) return;
        this.#parts.problems.tell(
          'KANEDA_OUTBOX',
          `reports on disk in ${spool.path} are damaged and lost; ledger().dropped counts them. Check the disk`,
          { kind: 'unreadable', remedy: 'check the disk' },
        );
        this.#drop(entry, 'damaged on disk');
      });
    }
  }

  /** Puts what earlier processes left before everything else. */
  async #inherit(): Promise<void> {
    const { directory, name, formerName = name, problems, counts, wake } = this.#parts;
    const inherited = await inherit(directory, [name, formerName], problems).catch(() => []);
    const queue = new Queue<DiskEntry>();
    const kept = inherited.flatMap(({ spool, entries: some }) =>
      some.map((one) => ({ ...one, spool })),
    );
    this.#start -= kept.length;
    let bytes = 0;
    await inSlices(kept, ({ spool, key, size, signal }, i) => {
      const entry = newEntry(signal, size, this.#start + i, undefined);
      entry.spool = spool;
      entry.key = key;
      counts.accept(signal);
      bytes += size;
      queue.push(entry);
    });
    this.#bytes += bytes;
    this.#waiting += kept.length;
    for (const { spool } of inherited) this.#disk.adopt(spool);
    if (kept.length === 0) return;
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift())
      queue.push(entry);
    this.#queue = queue;
    this.#makeRoom();
    wake();
  }

  /** A spool that was taken over is empty: perhaps there are more than could be open at once. */
  #inheritMore(): void {
    if (this.#closed) return;
    this.#ready = (this.#ready ?? Promise.resolve()).then(() =>
      this.#closed ? undefined : this.#inherit(),
    );
  }
}

/** The oldest reports had to make room. */
export function tellFull(problems: Problems): void {
  problems.tell(
    'KANEDA_DROPPED',
    'the outbox is full: the oldest reports are dropped, ledger().dropped counts them. Raise outbox.maxBytes, or bring the store back',
    { kind: FULL, remedy: 'raise outbox.maxBytes, or bring the store back' },
  );
}

function newEntry(
  signal: Signal,
  size: number,
  place: number,
  report: Report | undefined,
): DiskEntry {
  return {
    signal,
    size,
    place,
    report,
    spool: undefined,
    key: undefined,
    gone: false,
    unsaved: false,
    cached: false,
  };
}
