import { sleep } from '../../timing/sleep.js';
import type { Descriptor } from './descriptor.js';
import * as system from './descriptor.js';

const NEWLINE = 0x0a;
/** Between two looks at a pipe or terminal that is full. */
const FULL_PAUSE_MS = 20;
/**
 * Written lines that were not acknowledged are remembered up to this number, or up to so many times
 * the lines of a batch where those are more: several batches may be under way.
 */
const MAX_REMEMBERED_LINES = 100_000;
const MAX_REMEMBERED_BATCHES = 10;
/** Errors of a sync that may pass. After any other one the file cannot be synced at all. */
const PASSING_SYNC_ERRORS = new Set([
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EINTR',
  'EAGAIN',
  'ESTALE',
  'ETIMEDOUT',
]);

/** A report's line, newline included. */
export interface Line {
  readonly id: string;
  readonly text: string;
}

/** A line of which the file has the first bytes only. */
interface Cut {
  readonly id: string;
  readonly bytes: number;
  /** The size of a regular file then: if it differs now, another process wrote behind it. */
  readonly size: number | undefined;
}

/**
 * A file that grows line by line, each batch in one write, and that others may rotate. No line is
 * written twice: after a failure the file knows which lines it has, and goes on within a line that
 * was cut.
 */
export class LineFile {
  readonly filename: string;
  readonly #warn: (error: unknown) => void;
  #sync: boolean;
  #open: Descriptor | undefined;
  /** Lines that the file has and whose reports may be offered again. */
  readonly #written = new Set<string>();
  /** The same, of a batch that is whole. Nearly always it is acknowledged, and never offered. */
  #whole: readonly Line[] = [];
  #cut: Cut | undefined;
  /** Used for batch after batch: a new one takes as long as what is written into it. */
  #buffer = Buffer.alloc(0);
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param sync true if `append` must put a batch on the disk, not only hand it to the system.
   * @param warn called once if the file's system cannot sync.
   */
  constructor(filename: string, sync: boolean, warn: (error: unknown) => void = () => {}) {
    this.filename = filename;
    this.#sync = sync;
    this.#warn = warn;
  }

  /**
   * Appends lines, after those of an earlier call that is still under way; not at all if the signal
   * was aborted by then.
   * @returns the number of lines, from the first, that the file has
   * @throws the system's error when it has none of them
   */
  append(lines: readonly Line[], signal: AbortSignal): Promise<number> {
    const appended = this.#turn.then(() => {
      signal.throwIfAborted();
      return this.#append(lines, signal);
    });
    this.#turn = appended.catch(() => {});
    return appended;
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await system.close(open);
  }

  async #append(lines: readonly Line[], signal: AbortSignal): Promise<number> {
    this.#keepWhole();
    this.#forgetBeyond(lines);
    let failure: unknown;
    try {
      const fresh =
        this.#written.size === 0 ? lines : lines.filter(({ id }) => !this.#written.has(id));
      await this.#write(await this.#current(fresh[0]?.id), fresh, signal);
    } catch (error) {
      failure = error;
    }
    try {
      await this.#synced();
      if (this.#whole === lines && !signal.aborted) {
        this.#whole = [];
        return lines.length;
      }
      this.#keepWhole();
      const missing = lines.findIndex(({ id }) => !this.#written.has(id));
      const count = missing === -1 ? lines.length : missing;
      // An answer after the deadline is not looked at: the same reports are offered again.
      if (signal.aborted || (count === 0 && failure !== undefined)) throw failure ?? signal.reason;
      for (const { id } of lines.slice(0, count)) this.#written.delete(id);
      return count;
    } finally {
      if (failure !== undefined && !signal.aborted) await this.close().catch(() => {});
    }
  }

  /**
   * The open file, opened again if the name now stands for another one: a rotated log.
   * @param next the line that comes next.
   */
  async #current(next: string | undefined): Promise<Descriptor> {
    const { filename } = this;
    let open = this.#open;
    if (open?.given || (open && (await system.identityOfName(filename)) === open.identity))
      return open;
    await this.close();
    open = await system.openToAppend(filename);
    this.#open = open;
    if (!open.given && !(await this.#continues(open, next))) this.#cut = undefined;
    if (open.regular && !open.given && this.#cut === undefined) await endLine(open.fd);
    return open;
  }

  /**
   * True when a line that was cut can go on in a file that was opened again: it comes next, and
   * nothing was written behind it.
   */
  async #continues({ fd, regular }: Descriptor, next: string | undefined): Promise<boolean> {
    if (!regular || this.#cut === undefined || this.#cut.id !== next) return false;
    return (await system.fstat(fd)).size === this.#cut.size;
  }

  async #write(open: Descriptor, lines: readonly Line[], signal: AbortSignal): Promise<void> {
    if (lines.length === 0) return;
    const goesOn = this.#cut?.id === lines[0]!.id;
    const texts = lines.map(({ text }) => text);
    if (!goesOn && this.#cut !== undefined) texts[0] = `\n${texts[0]}`;
    const bytes = this.#encoded(texts);
    let at = goesOn ? this.#cut!.bytes : 0;
    try {
      while (at < bytes.length) at += await this.#writeSome(open.fd, bytes, at, signal);
    } finally {
      this.#cut = undefined;
      if (at < bytes.length) await this.#rememberSome(open, lines, texts, at);
      else this.#whole = lines;
    }
  }

  /** Keeps in mind the lines of a batch that may be offered again after all. */
  #keepWhole(): void {
    for (const { id } of this.#whole) this.#written.add(id);
    this.#whole = [];
  }

  #encoded(texts: readonly string[]): Buffer {
    const mostBytes = texts.reduce((sum, { length }) => sum + 3 * length, 0);
    if (mostBytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(mostBytes);
    let at = 0;
    for (const text of texts) at += this.#buffer.write(text, at);
    return this.#buffer.subarray(0, at);
  }

  /** A pipe or terminal that is full takes nothing for now. */
  async #writeSome(fd: number, bytes: Buffer, at: number, signal: AbortSignal): Promise<number> {
    for (;;) {
      try {
        return await system.write(fd, bytes, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await sleep(FULL_PAUSE_MS, { signal, keepAlive: false });
        signal.throwIfAborted();
      }
    }
  }

  /** Forgets the oldest lines that are no longer offered, where there are too many. */
  #forgetBeyond(offered: readonly Line[]): void {
    const limit = Math.max(MAX_REMEMBERED_LINES, MAX_REMEMBERED_BATCHES * offered.length);
    if (this.#written.size <= limit) return;
    const kept = new Set(offered.map(({ id }) => id));
    for (const id of this.#written) {
      if (this.#written.size <= limit) return;
      if (!kept.has(id)) this.#written.delete(id);
    }
  }

  /** Keeps in mind which lines are whole, and where one was cut. */
  async #rememberSome(
    { fd, regular }: Descriptor,
    lines: readonly Line[],
    texts: readonly string[],
    end: number,
  ): Promise<void> {
    let rest = end;
    for (const [i, { id, text }] of lines.entries()) {
      const length = Buffer.byteLength(texts[i]!);
      if (rest >= length) this.#written.add(id);
      else if (rest > 0) {
        // A newline that ends an earlier cut does not belong to the line.
        const bytes = rest - (length - Buffer.byteLength(text));
        const size = regular ? await system.fstat(fd).then((stats) => stats.size) : undefined;
        if (bytes > 0) this.#cut = { id, bytes, size };
      }
      rest -= length;
      if (rest <= 0) return;
    }
  }

  /** Syncs what is written. A file that cannot be synced still keeps its lines. */
  async #synced(): Promise<void> {
    if (!this.#sync || this.#open?.regular !== true) return;
    if (this.#written.size === 0 && this.#whole.length === 0) return;
    try {
      await system.sync(this.#open.fd);
    } catch (error) {
      if (PASSING_SYNC_ERRORS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      this.#sync = false;
      this.#warn(error);
    }
  }
}

/** A process that died in the middle of a line must not spoil the next one. */
async function endLine(fd: number): Promise<void> {
  const { size } = await system.fstat(fd);
  if (size === 0) return;
  const last = Buffer.alloc(1);
  if ((await system.readAt(fd, last, size - 1)) === 1 && last[0] !== NEWLINE)
    await system.write(fd, Buffer.of(NEWLINE), 0);
}
