import { sizeOf } from '../../reports/estimated-size.js';
import type { Report } from '../../reports/report.js';
import type { Signal } from '../ledger.js';
import { signalOf } from '../ledger.js';
import { Queue } from './fifo.js';
import type { Entry, Outbox } from './outbox.js';

/** Reports wait on the heap, within a bound of bytes. */
export class MemoryOutbox implements Outbox {
  readonly #queue = new Queue<Entry>();
  readonly #taken = new Set<Entry>();
  readonly #maxBytes: number;
  readonly #dropped: (signal: Signal) => void;
  #bytes = 0;
  #end = 0;

  /** @param dropped told each report that had to make room. */
  constructor(maxBytes: number, dropped: (signal: Signal) => void) {
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get end(): number {
    return this.#end;
  }

  async ready(): Promise<void> {}

  add(reports: readonly Report[]): void {
    for (const report of reports) {
      const entry = { report, signal: signalOf(report), size: sizeOf(report), place: this.#end++ };
      this.#queue.push(entry);
      this.#bytes += entry.size;
      while (this.#bytes > this.#maxBytes && this.#queue.length > 0) this.#drop();
    }
  }

  async take(count: number, bytes: number): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    let size = 0;
    while (entries.length < count) {
      const next = this.#queue.first();
      if (next === undefined || (entries.length > 0 && size + next.size > bytes)) break;
      size += next.size;
      entries.push(next);
      this.#taken.add(next);
      this.#queue.shift();
    }
    return entries;
  }

  remove(entries: readonly Entry[]): void {
    for (const entry of entries) if (this.#taken.delete(entry)) this.#bytes -= entry.size;
  }

  oldest(): number {
    for (const { place } of this.#taken) return place;
    return this.#queue.first()?.place ?? this.#end;
  }

  spooled(): undefined {
    return undefined;
  }

  async close(lost: (signal: Signal) => void): Promise<void> {
    for (const { signal } of this.#taken) lost(signal);
    this.#taken.clear();
    for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift())
      lost(entry.signal);
    this.#bytes = 0;
  }

  #drop(): void {
    const entry = this.#queue.shift()!;
    this.#bytes -= entry.size;
    this.#dropped(entry.signal);
  }
}
