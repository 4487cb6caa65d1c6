import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { native } from '../system/libc.js';
import { isAlive } from '../system/liveness.js';
import { tellProblem } from '../tell-problem.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_RDONLY, O_NONBLOCK } = constants;
const ZEROS = Buffer.alloc(1 << 16);

/**
 * The interval at which a process shows that it lives, by the time of its file, in milliseconds.
 */
export const HEARTBEAT_MS = 10_000;

/**
 * The two files of one process, made so that no link or file of anyone else is ever followed or
 * written into: new names at random, then renamed. While they are open the values file is locked,
 * which is how others see that this process lives.
 */
export class CellFiles {
  readonly path: string;
  /** The values file, readable and writable. */
  readonly fd: number;
  readonly inode: bigint;
  readonly #device: bigint;
  #metaInode: bigint | undefined;

  /**
   * Makes both files, with an empty `.meta`.
   * @param length bytes of values to begin with, all zero.
   * @throws Error when a live process has this path, or the files cannot be made.
   */
  constructor(path: string, length: number) {
    assertFree(path);
    this.path = path;
    const temporary = temporaryName(path);
    this.fd = create(temporary);
    try {
      if (!native().lock(this.fd)) throw new Error(`${temporary} is locked`);
      writeZeros(this.fd, 0, length);
      const stat = fstatSync(this.fd, { bigint: true });
      this.inode = stat.ino;
      this.#device = stat.dev;
      remove(`${path}.meta`);
      renameSync(temporary, `${path}.values`);
      this.publish('');
      this.beat();
    } catch (error) {
      remove(temporary);
      closeSync(this.fd);
      throw error;
    }
  }

  /**
   * Puts `meta` in place of what is published, whole. Throws when the values file at the path is no
   * longer ours.
   */
  publish(meta: string): void {
    if (!this.isOurs())
      throw new Error(`${this.path}.values was replaced or removed by somebody else`);
    const temporary = temporaryName(this.path);
    const fd = create(temporary);
    try {
      const text = Buffer.from(meta);
      for (let written = 0; written < text.length; ) written += writeSync(fd, text, written);
      this.#metaInode = fstatSync(fd, { bigint: true }).ino;
      renameSync(temporary, `${this.path}.meta`);
    } catch (error) {
      remove(temporary);
      throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** True if the values file at the path is still the one made here. */
  isOurs(): boolean {
    const stat = lstatSync(`${this.path}.values`, { bigint: true, throwIfNoEntry: false });
    return stat?.ino === this.inode && stat.dev === this.#device;
  }

  /** True if the values file at the path is known to be another one, or gone. */
  isReplaced(): boolean {
    try {
      return !this.isOurs();
    } catch {
      return false;
    }
  }

  /** Says that this process lives for another while: the file's time is when that ends. */
  beat(now = Date.now()): void {
    const until = (now + HEARTBEAT_MS) / 1000;
    futimesSync(this.fd, until, until);
  }

  /**
   * Removes the two files, as far as they are still ours; never throws. Reading and writing through
   * mappings goes on.
   */
  unlink(): void {
    try {
      const meta = lstatSync(`${this.path}.meta`, { bigint: true, throwIfNoEntry: false });
      if (meta && meta.ino === this.#metaInode) remove(`${this.path}.meta`);
      if (this.isOurs()) remove(`${this.path}.values`);
    } catch (error) {
      tellProblem(
        'KANEDA_CELLS',
        `the cells' files at ${this.path} could not be removed; a later start in the same directory removes them`,
        error,
      );
    }
  }

  /** Lets go of the lock. */
  close(): void {
    closeSync(this.fd);
  }
}

/**
 * Writes zeros from byte `start` to `end`: the blocks are there before any code touches them
 * through a mapping, or this throws `ENOSPC`.
 */
export function writeZeros(fd: number, start: number, end: number): void {
  for (let at = start; at < end; )
    at += writeSync(fd, ZEROS, 0, Math.min(ZEROS.length, end - at), at);
}

function assertFree(path: string): void {
  let fd: number;
  try {
    fd = openSync(`${path}.values`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    // Nothing there, or nothing that a process could have mapped: what is in the way shows when
    // renaming.
    return;
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isFile() && isAlive(fd, stat))
      throw new Error(`a live process publishes at ${path} already`);
  } finally {
    closeSync(fd);
  }
}

function create(name: string): number {
  return openSync(name, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600);
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.tmp`;
}

function remove(name: string): void {
  try {
    unlinkSync(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
