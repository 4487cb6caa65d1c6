import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import type { BroadcastChannel, Worker } from 'node:worker_threads';
import type { Dimensions } from '../cell.js';
import { formatDimensions, type MetaEntry } from '../meta-format.js';
import { native } from '../system/libc.js';
import { onProcess, onWorkerExit } from '../system/process-events.js';
import { setTimeout } from '../system/real-timers.js';
import { workerThreads } from '../system/worker-threads.js';
import { tellProblem } from '../tell-problem.js';
import type { MappedFileAccess } from './mapped-backing.js';
import { MAIN_OWNER, PAGE_BYTES, Pages, type Region, SPACE_BYTES } from './page-allocator.js';
import { GRACE_MS } from './remove-stale.js';

const CHANNEL = 'kaneda-otel.cells';
const LAST_WORDS_MS = 100;

/** A mapped file, as the main thread offers it to the worker threads. */
interface FileOffer {
  readonly path: string;
  readonly inode: bigint;
  readonly address: bigint;
  readonly pages: SharedArrayBuffer;
}

type Message =
  | { readonly offer: FileOffer }
  | {
      readonly path: string;
      readonly thread: number;
      /** The number of one store of the thread: a thread may have several. */
      readonly owner: number;
      readonly task: number | undefined;
      readonly entries: MetaEntry[];
      readonly ended?: boolean;
    }
  | { readonly closed: string };

/** A store of a thread. */
interface Living {
  readonly thread: number;
  readonly task: number | undefined;
  readonly entries: MetaEntry[];
}

/**
 * The worker threads' part of a mapped file, in the main thread. A thread takes pages by itself and
 * says what lies there; its cells get a `thread` dimension. When a thread ends its levels and
 * states go, and its counters are kept in the sum for `thread: "ended"`, so that a sum over threads
 * never falls.
 */
export class Threads {
  /** True if any thread may write into the file. */
  joined = false;
  readonly #path: string;
  readonly #space: ArrayBuffer;
  readonly #pages: Pages;
  readonly #changed: (soon: boolean) => void;
  readonly #channel = new (workerThreads().BroadcastChannel)(CHANNEL);
  /** The stores of living threads, by their numbers. */
  readonly #living = new Map<number, Living>();
  readonly #summed = new Set<number>();
  readonly #totals = new Map<string, { dimensions: Dimensions; total: bigint }>();
  #ended: { region: Region; entries: MetaEntry[] } | undefined;
  #closed = false;
  readonly #ignoreWorkers: () => void;

  constructor(
    offer: Omit<FileOffer, 'pages'>,
    space: ArrayBuffer,
    pages: Pages,
    changed: (soon: boolean) => void,
  ) {
    this.#path = offer.path;
    this.#space = space;
    this.#pages = pages;
    this.#changed = changed;
    const whole: FileOffer = { ...offer, pages: pages.shared };
    workerThreads().setEnvironmentData(CHANNEL, whole as never); // threads made from now on
    this.#channel.onmessage = (event) => this.#receive((event as { data: Message }).data);
    this.#channel.unref();
    this.#channel.postMessage({ offer: whole } satisfies Message); // threads that wait for it
    this.#ignoreWorkers = onProcess('worker', (worker: Worker) => this.#watchWorker(worker));
  }

  /** The content of the threads' pages, with the `thread` dimension. */
  entries(): MetaEntry[] {
    const living = [...this.#living.values()].flatMap(({ thread, entries }) =>
      entries.map((entry) => withThread(entry, String(thread))),
    );
    return [...living, ...(this.#ended?.entries ?? [])];
  }

  /**
   * Looks for threads that ended without any notice: those that were there before, and threads of
   * threads.
   */
  sweep(): void {
    for (const [owner, { task }] of this.#living) {
      if (task !== undefined && !existsSync(`/proc/self/task/${task}`)) this.#end(owner);
    }
  }

  /**
   * The file is abandoned: the threads continue on their heaps. A thread that ends later is not
   * looked at: the file's number may be another file's by then.
   */
  close(): void {
    this.#closed = true;
    this.#ignoreWorkers();
    if ((workerThreads().getEnvironmentData(CHANNEL) as FileOffer | undefined)?.path === this.#path)
      workerThreads().setEnvironmentData(CHANNEL, undefined);
    this.#channel.postMessage({ closed: this.#path } satisfies Message);
    this.#channel.close();
  }

  #watchWorker(worker: Worker): void {
    this.joined = true;
    const thread = worker.threadId;
    // Its last message may come after its end.
    onWorkerExit(worker, () => {
      setTimeout(() => this.#endThread(thread), LAST_WORDS_MS).unref();
    });
  }

  #receive(message: Message): void {
    if (!('thread' in message) || message.path !== this.#path || this.#summed.has(message.owner))
      return;
    this.joined = true;
    const { owner, ended } = message;
    this.#living.set(owner, message);
    if (ended) this.#end(owner);
    else this.#changed(false);
  }

  #endThread(thread: number): void {
    for (const [owner, living] of this.#living) if (living.thread === thread) this.#end(owner);
  }

  #end(owner: number): void {
    const entries = this.#living.get(owner)?.entries;
    if (entries === undefined || this.#closed) return;
    this.#living.delete(owner);
    this.#summed.add(owner);
    const values = new BigUint64Array(this.#space);
    for (const { kind, offset, dimensions } of entries) {
      if (kind !== 'counter') continue;
      const key = formatDimensions(dimensions);
      const total = (this.#totals.get(key)?.total ?? 0n) + values[offset / 8]!;
      this.#totals.set(key, { dimensions, total: BigInt.asUintN(64, total) });
    }
    try {
      this.#keepTotals(values);
    } catch (error) {
      tellProblem(
        'KANEDA_CELLS',
        `the counts of a thread that ended are missing from ${this.#path} from now on`,
        error,
      );
    }
    this.#changed(true);
    this.#pages.whenUnread(GRACE_MS, () => this.#pages.free(owner));
  }

  // In new pages each time: a reader sees either the thread's own counters or a sum with them, by
  // which .meta it has.
  #keepTotals(values: BigUint64Array): void {
    const before = this.#ended?.region;
    if (this.#totals.size === 0) return;
    const region = this.#pages.take(Math.ceil((this.#totals.size * 8) / PAGE_BYTES), MAIN_OWNER);
    const first = region.page * PAGE_BYTES;
    const entries = [...this.#totals.values()].map(({ dimensions, total }, i): MetaEntry => {
      values[first / 8 + i] = total;
      return withThread({ kind: 'counter', bytes: 8, dimensions, offset: first + i * 8 }, 'ended');
    });
    this.#ended = { region, entries };
    if (before) this.#pages.whenUnread(GRACE_MS, () => this.#pages.free(MAIN_OWNER, before));
  }
}

function withThread(entry: MetaEntry, thread: string): MetaEntry {
  return { ...entry, dimensions: { ...entry.dimensions, thread } };
}

/**
 * Waits, in a worker thread, for the main thread's file; it may be there already.
 * @param path the file in question; `undefined`: any.
 * @param on `joined` is called with the thread's access, `closed` when the main thread gives the
 * file up, `failed` when it cannot be joined.
 * @returns what ends the waiting.
 */
export function joinMainThreadFile(
  path: string | undefined,
  on: {
    joined(access: MappedFileAccess, path: string): void;
    closed(): void;
    failed(error: unknown): void;
  },
): () => void {
  const channel = new (workerThreads().BroadcastChannel)(CHANNEL);
  channel.unref();
  let accepted: string | undefined;
  const accept = (offer: FileOffer | undefined): void => {
    if (
      accepted !== undefined ||
      offer === undefined ||
      (path !== undefined && offer.path !== path)
    )
      return;
    accepted = offer.path;
    try {
      on.joined(attachTo(offer, channel), offer.path);
    } catch (error) {
      on.failed(error);
    }
  };
  channel.onmessage = (event) => {
    const message = (event as { data: Message }).data;
    if ('offer' in message) accept(message.offer);
    if (!('closed' in message) || message.closed !== accepted) return;
    accepted = undefined; // there may be another file later
    on.closed();
  };
  accept(workerThreads().getEnvironmentData(CHANNEL) as FileOffer | undefined);
  return () => channel.close();
}

/** True if the main thread has offered the file at `path` to the threads. */
export function isOffered(path: string): boolean {
  return (workerThreads().getEnvironmentData(CHANNEL) as FileOffer | undefined)?.path === path;
}

function attachTo(offer: FileOffer, channel: BroadcastChannel): MappedFileAccess {
  const { threadId } = workerThreads();
  const space = native().viewAt(offer.address, SPACE_BYTES);
  const fd = openSame(offer);
  const pages = new Pages(fd, space, offer.pages);
  const owner = pages.newOwner();
  const task = existsSync('/proc/self/task') ? native().thread() : undefined;
  let entries: () => MetaEntry[] = () => [];
  let waiting = false;
  let over = false;
  const say = (ended = false): void => {
    waiting = false;
    if (over) return;
    channel.postMessage({
      path: offer.path,
      thread: threadId,
      owner,
      task,
      entries: entries(),
      ended,
    } satisfies Message);
  };
  const end = (): void => say(true);
  const ignoreExit = onProcess('exit', end);
  return {
    space,
    pages,
    owner,
    changed(now, soon) {
      entries = now;
      if (soon) say();
      else if (!waiting) void Promise.resolve().then(() => say());
      waiting = !soon;
    },
    onAbandoned() {
      ignoreExit();
      end();
      over = true;
      closeSync(fd);
    },
  };
}

// A file number of this thread's own: the main thread may close its own at any time.
function openSame({ path, inode }: FileOffer): number {
  const fd = openSync(`${path}.values`, constants.O_RDWR | constants.O_NOFOLLOW);
  if (fstatSync(fd, { bigint: true }).ino === inode) return fd;
  closeSync(fd);
  throw new Error(`${path}.values is not the main thread's file any more`);
}
