import { formatDimensions, formatMeta, type MetaEntry } from '../meta-format.js';
import { MAX_META_BYTES } from '../system/open-foreign-file.js';
import { clearTimeout, monotonic, setTimeout } from '../system/real-timers.js';
import { tellProblem } from '../tell-problem.js';
import type { CellFiles } from './owned-files.js';
import type { Pages } from './page-allocator.js';

/**
 * The shortest time between two changes of `.meta`, in milliseconds: each time costs the Cantal
 * agent one sample.
 */
const PUBLISH_EVERY_MS = 1_000;
/** The longest time between two attempts, in milliseconds, when it cannot be changed. */
const MAX_PAUSE_MS = 60_000;

/**
 * Publishes what lies where in the values file: the first change at once, those that follow within
 * a second together.
 */
export class Publisher {
  readonly #files: CellFiles;
  readonly #pages: Pages;
  readonly #entries: () => MetaEntry[];
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #begun = false;
  #stopped = false;
  /** Milliseconds from the last attempt, which failed, to the next; 0 after one that was good. */
  #pause = 0;

  constructor(files: CellFiles, pages: Pages, entries: () => MetaEntry[]) {
    this.#files = files;
    this.#pages = pages;
    this.#entries = entries;
  }

  /** Something changed. `soon`: publish without waiting for the pace. */
  changed(soon = false): void {
    const wait = this.#next - monotonic();
    if ((soon && this.#pause === 0) || wait <= 0) this.#publish();
    else this.#timer ??= setTimeout(() => this.#publish(), wait).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped = true;
    this.#pages.outdated = false;
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What is there at the start does not count: the first metric that comes later is shown at
    // once.
    if (this.#begun) this.#next = monotonic() + PUBLISH_EVERY_MS;
    this.#begun = true;
    if (this.#stopped) return;
    try {
      const meta = formatMeta(distinct(this.#entries()));
      if (meta.length > MAX_META_BYTES)
        throw new Error(`more than ${MAX_META_BYTES} bytes of metadata, which no reader takes`);
      this.#files.publish(meta);
      this.#pause = 0;
      this.#pages.outdated = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Readers keep using what was published before, so that its words must keep their meaning. */
  #failed(error: unknown): void {
    if (this.#pause === 0)
      tellProblem(
        'KANEDA_CELLS',
        `new cells are not published at ${this.#files.path}; they are counted in memory`,
        error,
      );
    // Our files are no longer read.
    if (this.#files.isReplaced()) {
      this.stop();
      return;
    }
    this.#pages.outdated = true;
    this.#pause = Math.min(MAX_PAUSE_MS, this.#pause * 2 || PUBLISH_EVERY_MS);
    this.#next = monotonic() + this.#pause;
    this.#timer = setTimeout(() => this.#publish(), this.#pause).unref();
  }
}

// The protocol wants dimensions to be unique in a file; a gauge and a counter of one name, say, are
// not.
function distinct(entries: readonly MetaEntry[]): MetaEntry[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const key = formatDimensions(entry.dimensions);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    return times === 1
      ? entry
      : { ...entry, dimensions: { ...entry.dimensions, duplicate: String(times) } };
  });
}
