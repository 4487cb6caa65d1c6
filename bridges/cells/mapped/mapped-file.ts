import { dirname } from 'node:path';
import type { MetaEntry } from '../meta-format.js';
import { type Mapped, native } from '../system/libc.js';
import { onProcess } from '../system/process-events.js';
import { clearInterval, setInterval } from '../system/real-timers.js';
import type { MappedFileAccess } from './mapped-backing.js';
import { Publisher } from './meta-publisher.js';
import { CellFiles, HEARTBEAT_MS } from './owned-files.js';
import { MAIN_OWNER, PAGE_BYTES, Pages, SPACE_BYTES } from './page-allocator.js';
import { removeStale } from './remove-stale.js';
import { Threads } from './worker-threads.js';

/** The interval at which ended threads are looked for, in milliseconds. */
const SWEEP_EVERY_MS = 2_000;

/**
 * The mapped file of this process, in its main thread (or in the one worker thread that has a file
 * of its own).
 */
export class MappedFile {
  readonly access: MappedFileAccess;
  readonly #files: CellFiles;
  readonly #mapped: Mapped;
  readonly #publisher: Publisher;
  readonly #threads: Threads;
  readonly #timers: NodeJS.Timeout[];
  readonly #ignoreExit: () => void;
  #own: () => MetaEntry[] = () => [];
  #closed = false;

  /**
   * Makes the files and maps them; files of processes that died in the same directory are removed.
   * @param onAbandoned called when the store that lives here must move elsewhere, with the error if
   * there is no room left.
   * @throws Error when it cannot be: no koffi, no space, no permission, the path in use.
   */
  constructor(path: string, onAbandoned: (error: unknown) => void) {
    const library = native();
    removeStale(dirname(path));
    this.#files = new CellFiles(path, PAGE_BYTES);
    try {
      this.#mapped = library.map(this.#files.fd, SPACE_BYTES);
    } catch (error) {
      this.#files.unlink();
      this.#files.close();
      throw error;
    }
    const { buffer, address } = this.#mapped;
    const pages = new Pages(this.#files.fd, buffer);
    this.#publisher = new Publisher(this.#files, pages, () => this.#entries());
    this.#threads = new Threads(
      { path, inode: this.#files.inode, address },
      buffer,
      pages,
      (soon) => this.#publisher.changed(soon),
    );
    this.access = {
      space: buffer,
      pages,
      owner: MAIN_OWNER,
      changed: (entries, soon) => {
        this.#own = entries;
        this.#publisher.changed(soon);
      },
      onAbandoned: (error) => {
        this.close();
        onAbandoned(error);
      },
    };
    this.#timers = [
      setInterval(() => this.#beat(), HEARTBEAT_MS).unref(),
      setInterval(() => this.#threads.sweep(), SWEEP_EVERY_MS).unref(),
    ];
    this.#ignoreExit = onProcess('exit', () => this.#files.unlink());
  }

  /**
   * Removes the files, if they are ours, and lets go of the memory. No code of this thread may
   * touch it from now on.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ignoreExit();
    for (const timer of this.#timers) clearInterval(timer);
    this.#publisher.stop();
    this.#threads.close();
    this.#files.unlink();
    this.#files.close();
    if (!this.#threads.joined) this.#mapped.detach();
  }

  #entries(): MetaEntry[] {
    return [...this.#own(), ...this.#threads.entries()].sort((a, b) => a.offset - b.offset);
  }

  #beat(): void {
    try {
      this.#files.beat();
    } catch {
      // The file is still locked; only its age after our death would be wrong.
    }
  }
}
