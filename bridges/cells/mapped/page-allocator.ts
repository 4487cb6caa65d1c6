import { setTimeout } from '../system/real-timers.js';
import { writeZeros } from './owned-files.js';

/**
 * Bytes of a page: no two threads write into one, as a shared cache line costs nine times as much.
 */
export const PAGE_BYTES = 4096;
/** Bytes of address space that are mapped, and the most that a values file grows to. */
export const SPACE_BYTES = 16 * 2 ** 20;

const PAGES = SPACE_BYTES / PAGE_BYTES;
const LOCK = 0;
const WRITTEN = 1;
const OUTDATED = 2;
const JOINED = 3;
const OWNERS = 4;
/** The owner of the main thread's pages; the stores of worker threads have the next numbers. */
export const MAIN_OWNER = 1;
const MAX_SPINS = 50_000_000;

/** Pages that follow each other, for one owner. */
export interface Region {
  readonly page: number;
  readonly pages: number;
}

/**
 * Which pages of a values file are whose, in memory that all threads of the process share: any of
 * them takes pages without waiting for another's event loop. Pages that nobody had before are
 * written to the file first.
 */
export class Pages {
  readonly shared: SharedArrayBuffer;
  readonly #state: Int32Array;
  readonly #fd: number;
  readonly #bytes: Uint8Array;

  /**
   * @param space the mapped file.
   * @param shared of the `Pages` in another thread; none: everything is free.
   */
  constructor(
    fd: number,
    space: ArrayBuffer,
    shared = new SharedArrayBuffer((OWNERS + PAGES) * 4),
  ) {
    this.#fd = fd;
    this.#bytes = new Uint8Array(space);
    this.shared = shared;
    this.#state = new Int32Array(shared);
  }

  /** Bytes of the file that are written and may be touched. */
  get written(): number {
    return Atomics.load(this.#state, WRITTEN) * PAGE_BYTES;
  }

  /** The number of one more store that takes pages. */
  newOwner(): number {
    return MAIN_OWNER + 1 + Atomics.add(this.#state, JOINED, 1);
  }

  /**
   * True while the metadata that readers have is older than the cells, because it cannot be
   * published: what it names must stay where it is.
   */
  get outdated(): boolean {
    return Atomics.load(this.#state, OUTDATED) === 1;
  }

  set outdated(is: boolean) {
    Atomics.store(this.#state, OUTDATED, is ? 1 : 0);
  }

  /**
   * Does something once readers have had current metadata for `ms` milliseconds; what ends the
   * process comes first.
   */
  whenUnread(ms: number, work: () => void, again = false): void {
    setTimeout(() => {
      if (this.outdated) this.whenUnread(ms, work, true);
      else if (again) this.whenUnread(ms, work);
      else work();
    }, ms).unref();
  }

  /**
   * Takes `pages` zeroed pages in a row. Throws when there are none, in the address space or on the
   * file system.
   */
  take(pages: number, owner: number): Region {
    return this.#whileLocked(() => {
      let run = 0;
      for (let page = 0; page < PAGES; page++) {
        run = this.#ownerOf(page) === 0 ? run + 1 : 0;
        if (run === pages) return this.#claim({ page: page - pages + 1, pages }, owner);
      }
      throw new Error(`a process's cells take at most ${SPACE_BYTES} bytes`);
    });
  }

  /**
   * Takes the pages behind a region too, so that it has `pages`; `undefined` if they are not free.
   */
  extend(region: Region, pages: number, owner: number): Region | undefined {
    return this.#whileLocked(() => {
      const end = region.page + region.pages;
      for (let page = end; page < region.page + pages; page++)
        if (page >= PAGES || this.#ownerOf(page) !== 0) return undefined;
      this.#claim({ page: end, pages: pages - region.pages }, owner);
      return { page: region.page, pages };
    });
  }

  /** Gives a region back, or everything that `owner` still has. */
  free(owner: number, region: Region = { page: 0, pages: PAGES }): void {
    for (let page = region.page; page < region.page + region.pages; page++) {
      Atomics.compareExchange(this.#state, OWNERS + page, owner, 0);
    }
  }

  #ownerOf(page: number): number {
    return Atomics.load(this.#state, OWNERS + page);
  }

  #claim(region: Region, owner: number): Region {
    const written = Atomics.load(this.#state, WRITTEN);
    const end = region.page + region.pages;
    this.#bytes.fill(
      0,
      Math.min(region.page, written) * PAGE_BYTES,
      Math.min(end, written) * PAGE_BYTES,
    );
    if (end > written) {
      writeZeros(this.#fd, written * PAGE_BYTES, end * PAGE_BYTES);
      Atomics.store(this.#state, WRITTEN, end);
    }
    for (let page = region.page; page < end; page++)
      Atomics.store(this.#state, OWNERS + page, owner);
    return region;
  }

  // Held for microseconds. A thread that was terminated inside never lets go: the others then do
  // without.
  #whileLocked<T>(work: () => T): T {
    for (let tries = 0; Atomics.compareExchange(this.#state, LOCK, 0, 1) !== 0; tries++) {
      if (tries > MAX_SPINS) throw new Error('a thread ended while it took pages of the cells');
    }
    try {
      return work();
    } finally {
      Atomics.store(this.#state, LOCK, 0);
    }
  }
}
