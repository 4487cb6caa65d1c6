import type { Backing, LayoutEntry } from '../backing.js';
import { Memory } from '../memory.js';
import type { MetaEntry } from '../meta-format.js';
import { PAGE_BYTES, type Pages, type Region } from './page-allocator.js';
import { GRACE_MS } from './remove-stale.js';

/**
 * The mapped file as a backing sees it: the same in the main thread, which publishes, and in a
 * worker thread, which has it published.
 */
export interface MappedFileAccess {
  /** All of the address space. */
  readonly space: ArrayBuffer;
  readonly pages: Pages;
  /** The number of the store that takes pages. */
  readonly owner: number;
  /**
   * Takes the backing's current entries. `soon`: readers look at words that are no longer written.
   */
  changed(entries: () => MetaEntry[], soon: boolean): void;
  /** The backing is given up; `error`: given if there is no room left. */
  onAbandoned(error: unknown): void;
}

/**
 * Milliseconds after which no reader has metadata that names a gone series: twice the pace at which
 * it is published.
 */
const OUTDATED_AFTER_MS = 2_000;

/** Words of a store in the pages of a mapped file. */
export class MappedBacking implements Backing {
  readonly readFromOutside = true;
  readonly #file: MappedFileAccess;
  #region: Region = { page: 0, pages: 0 };
  #memory = Memory.heap(0);
  #moved = false;
  /** Words given back in this turn of the event loop. */
  #releases: (() => void)[] | undefined;

  constructor(file: MappedFileAccess) {
    this.#file = file;
  }

  reserve(words: number): Memory {
    const needed = Math.max(1, Math.ceil((words * 8) / PAGE_BYTES));
    if (needed > this.#region.pages)
      this.#grow(Math.max(needed, Math.min(this.#region.pages * 2, 64)));
    return this.#memory;
  }

  changed(layout: () => LayoutEntry[]): void {
    const offset = this.#region.page * PAGE_BYTES;
    const moved = this.#moved;
    this.#moved = false;
    this.#file.changed(
      () =>
        layout().map(({ index, bytes, kind, dimensions }) => ({
          kind,
          bytes,
          dimensions,
          offset: offset + index * 8,
        })),
      moved,
    );
  }

  onWordFreed(release: () => void): void {
    if (this.#releases === undefined) {
      const together: (() => void)[] = [];
      this.#releases = together;
      void Promise.resolve().then(() => {
        this.#releases = undefined;
      });
      this.#file.pages.whenUnread(OUTDATED_AFTER_MS, () => {
        for (const one of together) one();
      });
    }
    this.#releases.push(release);
  }

  onAbandoned(error?: unknown): void {
    this.#retire(this.#region);
    this.#file.onAbandoned(error);
  }

  #grow(wanted: number): void {
    const { pages, owner, space } = this.#file;
    const before = this.#region;
    const longer = before.pages > 0 ? pages.extend(before, wanted, owner) : undefined;
    this.#region = longer ?? pages.take(wanted, owner);
    if (longer) return;
    this.#memory = new Memory(space, this.#region.page * PAGE_BYTES);
    this.#moved = before.pages > 0;
    this.#retire(before);
  }

  // A reader may still have the old .meta in its hands, and somebody's new cells must not be read
  // by it.
  #retire(region: Region): void {
    const { pages, owner } = this.#file;
    if (region.pages > 0) pages.whenUnread(GRACE_MS, () => pages.free(owner, region));
  }
}
