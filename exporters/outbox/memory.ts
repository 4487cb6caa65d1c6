import type { Report } from '../report.js';
import { sizeOf } from '../size.js';
import type { Entry, Outbox } from './outbox.js';
import { Queue } from './queue.js';

/** Reports wait on the heap, within a bound of bytes. */
export class MemoryOutbox implements Outbox {
  readonly #queue = new Queue<Entry>();
  readonly #taken = new Set<Entry>();
  readonly #maxBytes: number;
  readonly #dropped: (report: Report) => void;
  #bytes = 0;
  #end = 0;

  /** @param dropped told each report that had to make room. */
  constructor(maxBytes: number, dropped: (report: Report) => void) {
    this.#maxBytes = maxBytes;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get end(): number {
    return this.#end;
  }

  add(reports: readonly Report[]): void {
    for (const report of reports) {
      const entry = { report, size: sizeOf(report), place: this.#end++ };
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

  async spooled(): Promise<boolean> {
    return false;
  }

  async close(): Promise<boolean> {
    return false;
  }

  #drop(): void {
    const entry = this.#queue.shift()!;
    this.#bytes -= entry.size;
    this.#dropped(entry.report);
  }
}
