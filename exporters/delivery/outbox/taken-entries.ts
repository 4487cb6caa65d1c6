import type { OutboxEntry } from './outbox.js';

/** An entry that knows whether it is taken: a set of all of them costs more than to write them. */
export interface TakeableEntry extends OutboxEntry {
  isTaken: boolean;
}

/** The entries that are taken, in the order they were. Each step takes constant time on average. */
export class TakenEntries {
  /** Entries that have left stay until they are the half. */
  #entries: TakeableEntry[] = [];
  #left = 0;

  add(entry: TakeableEntry): void {
    entry.isTaken = true;
    this.#entries.push(entry);
  }

  /** @returns true if it was taken until now. */
  delete(entry: TakeableEntry): boolean {
    if (!entry.isTaken) return false;
    entry.isTaken = false;
    this.#left += 1;
    if (this.#left * 2 > this.#entries.length) this.#tidy();
    return true;
  }

  /** The one that was taken first. */
  oldest(): TakeableEntry | undefined {
    if (this.#entries[0]?.isTaken === false) this.#tidy();
    return this.#entries[0];
  }

  /** Takes all of them out. */
  clear(): readonly TakeableEntry[] {
    this.#tidy();
    const all = this.#entries;
    this.#entries = [];
    for (const entry of all) entry.isTaken = false;
    return all;
  }

  #tidy(): void {
    this.#entries = this.#entries.filter(({ isTaken }) => isTaken);
    this.#left = 0;
  }
}
