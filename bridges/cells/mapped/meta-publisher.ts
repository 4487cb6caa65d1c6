import { type Entry, formatDimensions, formatMeta } from '../meta-format.js';
import { MAX_META_BYTES } from '../system/open-foreign-file.js';
import { clearTimeout, monotonic, setTimeout } from '../system/real-timers.js';
import { tellProblem } from '../tell-problem.js';
import type { CellFiles } from './owned-files.js';

/**
 * The shortest time between two changes of `.meta`, in milliseconds: each time costs the Cantal
 * agent one sample.
 */
const PUBLISH_EVERY_MS = 1_000;

/**
 * Publishes what lies where in the values file: the first change at once, those that follow within
 * a second together.
 */
export class Publisher {
  readonly #files: CellFiles;
  readonly #entries: () => Entry[];
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #begun = false;
  #broken = false;

  constructor(files: CellFiles, entries: () => Entry[]) {
    this.#files = files;
    this.#entries = entries;
  }

  /** Something changed. `soon`: publish without waiting for the pace. */
  changed(soon = false): void {
    const wait = this.#next - monotonic();
    if (soon || wait <= 0) this.#publish();
    else this.#timer ??= setTimeout(() => this.#publish(), wait).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#broken = true;
  }

  #publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What is there at the start does not count: the first metric that comes later is shown at
    // once.
    if (this.#begun) this.#next = monotonic() + PUBLISH_EVERY_MS;
    this.#begun = true;
    if (this.#broken) return;
    try {
      const meta = formatMeta(distinct(this.#entries()));
      if (meta.length > MAX_META_BYTES)
        throw new Error(`more than ${MAX_META_BYTES} bytes of metadata, which no reader takes`);
      this.#files.publish(meta);
    } catch (error) {
      this.#broken = true;
      tellProblem(
        'KANEDA_CELLS',
        `new cells are no longer published at ${this.#files.path}; they are counted in memory`,
        error,
      );
    }
  }
}

// The protocol wants dimensions to be unique in a file; a gauge and a counter of one name, say, are
// not.
function distinct(entries: readonly Entry[]): Entry[] {
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
