import { MIB_BYTES } from '../../setup/definition.js';
import { nextTurn } from '../../timing/real-timers.js';
import type { DiskEntry, DiskWriterEvents } from './disk-entry.js';
import { Queue } from './fifo.js';
import type { OutboxParts } from './outbox.js';
import { SavedWaiters } from './saved-waiters.js';
import { Spool } from './spool.js';

/** The limits of one synced write. */
const GROUP = { count: 250, bytes: MIB_BYTES } as const;
/** Reports that are not on disk yet, or cannot be, take at most so much memory. */
const MAX_UNSAVED_BYTES = 64 * MIB_BYTES;
/** An empty spool that so much was written to is replaced: LevelDB is slow to give space back. */
const REPLACE_AFTER_BYTES = 32 * MIB_BYTES;
/** Time after which a disk that failed is tried again. */
const RETRY_MS = 5_000;
/** Reports that are deleted in one step. */
const DELETED_AT_ONCE = 1_000;
/** The kind of problem that a disk is which cannot be written. */
const DISK = 'disk';

/** The parts that the writer works with. */
interface DiskWriterParts extends Pick<OutboxParts, 'problems' | 'clock'> {
  readonly directory: string;
  readonly name: string;
}

/** Writes entries to disk in groups and deletes those that are done, one step at a time. */
export class DiskWriter {
  readonly #parts: DiskWriterParts;
  readonly #events: DiskWriterEvents;
  readonly #unsaved = new Queue<DiskEntry>();
  /** Reports in a write to the store that memory has no room for: saved before all others. */
  readonly #spared = new Queue<DiskEntry>();
  /** Being written, or to be written again. */
  #group: DiskEntry[] = [];
  /** Entries at the front of the group that need not be on disk any more. */
  #groupDone = 0;
  readonly #spools = new Set<Spool>();
  readonly #failed = new Set<Spool>();
  #done = new Map<Spool, string[]>();
  readonly #waiters = new SavedWaiters();
  #own: Spool | undefined;
  #bytes = 0;
  #failing = false;
  #working: Promise<void> | undefined;
  #closing = false;

  constructor(parts: DiskWriterParts, events: DiskWriterEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  get isHalfFull(): boolean {
    return !this.#failing && this.#bytes > MAX_UNSAVED_BYTES / 2;
  }

  /** Queues the entry to be written to disk. */
  add(entry: DiskEntry): void {
    entry.unsaved = true;
    this.#unsaved.push(entry);
    this.#bytes += entry.size;
  }

  /** Begins to write what was added, and bounds it. */
  begin(): void {
    while (this.#bytes > MAX_UNSAVED_BYTES) {
      const oldest = this.#unsaved.shift();
      if (oldest === undefined) break;
      if (oldest.unsaved) this.#events.overflow(oldest);
      if (oldest.unsaved) this.#spared.push(oldest);
    }
    this.#work();
  }

  /** Queues the entry to be removed from disk. */
  forget(entry: DiskEntry): void {
    this.#takeOffUnsaved(entry);
    if (entry.spool !== undefined) this.#delete(entry.spool, entry.key!);
    this.#work();
  }

  /** A spool of another process is ours now. */
  adopt(spool: Spool): void {
    this.#spools.add(spool);
  }

  /** Resolves with `true` once all before `place` is on disk or gone, `false` if the disk fails. */
  saved(place: number): Promise<boolean> {
    if (place <= this.#firstPlace()) return Promise.resolve(true);
    if (this.#failing) return Promise.resolve(false);
    const saved = this.#waiters.add(place);
    this.#work();
    return saved;
  }

  /** Writes what can be written and closes all. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#working;
    if (!this.#failing) await this.#run();
    for (const spool of this.#spools) {
      if (spool.live > 0) await spool.close().catch(() => {});
      else await spool.remove().catch(() => {});
    }
    this.#spools.clear();
    this.#failing = true;
    this.#notifyWaiters();
  }

  #work(): void {
    if (this.#working !== undefined || this.#closing) return;
    // After this turn of the event loop, so that what is recorded together is written together.
    this.#working = nextTurn()
      .then(() => this.#run())
      .finally(() => {
        this.#working = undefined;
        // Something may have come while the last step was on its way.
        if (this.#done.size > 0 || (!this.#failing && this.#first() !== undefined)) this.#work();
      });
  }

  async #run(): Promise<void> {
    let more = true;
    while (more) {
      more = await this.#save();
      more = (await this.#deleteDone()) || more;
      this.#notifyWaiters();
    }
    await this.#tidy();
  }

  /** Writes one group; `false` when there is none, or the disk does not take it. */
  async #save(): Promise<boolean> {
    if (this.#failing || this.#first() === undefined) return false;
    try {
      const spool = await this.#ownSpool();
      this.#fill();
      const keys = await spool.save(this.#group);
      this.#group.forEach((entry, i) => {
        this.#recordWritten(entry, spool, keys[i]);
      });
      this.#setGroup([]);
      this.#parts.problems.over([DISK], `the outbox writes to ${this.#parts.directory} again`);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** The oldest entry that is not on disk and still wanted. */
  #first(): DiskEntry | undefined {
    while (this.#group[this.#groupDone]?.unsaved === false) this.#groupDone += 1;
    return (
      this.#group[this.#groupDone] ?? firstUnsaved(this.#spared) ?? firstUnsaved(this.#unsaved)
    );
  }

  /** Repeats what failed, with as much more as fits. */
  #fill(): void {
    this.#setGroup(this.#group.filter((entry) => entry.unsaved));
    let bytes = this.#group.reduce((sum, { size }) => sum + size, 0);
    while (this.#group.length < GROUP.count && bytes <= GROUP.bytes) {
      const entry = this.#spared.shift() ?? this.#unsaved.shift();
      if (entry === undefined) return;
      if (!entry.unsaved) continue;
      this.#group.push(entry);
      bytes += entry.size;
    }
  }

  #setGroup(entries: DiskEntry[]): void {
    this.#group = entries;
    this.#groupDone = 0;
  }

  #takeOffUnsaved(entry: DiskEntry): void {
    if (!entry.unsaved) return;
    entry.unsaved = false;
    this.#bytes -= entry.size;
  }

  /** The entry was written, unless it has no key; meanwhile it may have left the outbox. */
  #recordWritten(entry: DiskEntry, spool: Spool, key: string | undefined): void {
    this.#takeOffUnsaved(entry);
    if (key === undefined) {
      if (entry.gone) return;
      this.#parts.problems.tell(
        'KANEDA_OUTBOX',
        'a report holds something that cannot be written to disk; it waits in memory',
        { kind: 'unsaved' },
      );
      return;
    }
    spool.live += 1;
    if (entry.gone) {
      this.#delete(spool, key);
      return;
    }
    entry.spool = spool;
    entry.key = key;
    this.#events.saved(entry);
  }

  async #ownSpool(): Promise<Spool> {
    if (this.#own === undefined) {
      this.#own = await Spool.create(this.#parts.directory, this.#parts.name);
      this.#spools.add(this.#own);
    }
    return this.#own;
  }

  /** The disk is full or gone. LevelDB never uses a failed database again: make another one. */
  #fail(error: unknown): void {
    const reason =
      error instanceof Error
        ? ((error.cause as Error | undefined)?.message ?? error.message)
        : String(error);
    this.#parts.problems.tell(
      'KANEDA_OUTBOX',
      `the outbox cannot write to ${this.#parts.directory}: ${reason}. Reports wait in memory, up to 64 MiB; the disk is tried again every 5 s. ` +
        'Free some space there, or grant this user write access',
      { kind: DISK, remedy: 'free some space there, or grant this user write access' },
    );
    if (this.#own !== undefined) this.#failed.add(this.#own);
    this.#own = undefined;
    this.#failing = true;
    this.#parts.clock.after(RETRY_MS, () => this.#recover(), { keepAlive: false });
  }

  #recover(): void {
    this.#failing = false;
    this.#work();
  }

  #delete(spool: Spool, key: string): void {
    spool.live -= 1;
    const keys = this.#done.get(spool);
    if (keys === undefined) this.#done.set(spool, [key]);
    else keys.push(key);
  }

  async #deleteDone(): Promise<boolean> {
    const done = this.#done;
    this.#done = new Map();
    for (const [spool, keys] of done) {
      // One that is empty is deleted as a whole.
      if (this.#failed.has(spool) || (spool.live === 0 && spool !== this.#own)) continue;
      for (let from = 0; from < keys.length && !this.#failed.has(spool); from += DELETED_AT_ONCE)
        await spool
          .forget(keys.slice(from, from + DELETED_AT_ONCE))
          .catch(() => this.#failed.add(spool));
    }
    return done.size > 0;
  }

  /** Gives the space of empty spools back. */
  async #tidy(): Promise<void> {
    for (const spool of this.#spools) {
      if (spool.live > 0 || (spool === this.#own && spool.written < REPLACE_AFTER_BYTES)) continue;
      this.#spools.delete(spool);
      this.#failed.delete(spool);
      const own = spool === this.#own;
      if (own) this.#own = undefined;
      await spool.remove().catch(() => {});
      if (!own) this.#events.emptied();
    }
  }

  #notifyWaiters(): void {
    this.#events.wrote();
    this.#waiters.saved(this.#firstPlace());
    if (this.#failing) this.#waiters.unsaved();
  }

  /** The place of the first entry that is not on disk, or infinity. */
  #firstPlace(): number {
    return this.#first()?.place ?? Number.POSITIVE_INFINITY;
  }
}

/** The first that is still to be written; those before it leave the queue. */
function firstUnsaved(queue: Queue<DiskEntry>): DiskEntry | undefined {
  let entry = queue.first();
  while (entry?.unsaved === false) {
    queue.shift();
    entry = queue.first();
  }
  return entry;
}
