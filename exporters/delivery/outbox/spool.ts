import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import type { Report } from '../../reports/report.js';
import { notLoaded } from '../../setup/assert-installed.js';
import { ownRequire } from '../../setup/package-loading.js';
import { inSlices } from '../../timing/in-slices.js';
import type { Signal } from '../ledger.js';
import { decode, encode, keyOf, readKey } from './report-encoding.js';

type Database = ClassicLevel<string, Buffer>;

/** A report that a spool keeps. */
export interface SpooledEntry {
  readonly key: string;
  readonly size: number;
  readonly signal: Signal;
}

/** The fate of a directory that another process left. */
export type Adopted =
  | {
      readonly state: 'adopted';
      readonly spool: Spool;
      readonly entries: readonly SpooledEntry[];
      readonly damage: string | undefined;
    }
  | { readonly state: 'alive' }
  | { readonly state: 'damaged'; readonly path: string; readonly cause: unknown };

/** Ends the name of a directory that is being deleted. */
export const GONE = '.gone';

/** Small, for several may be open at once. */
const LEVEL = {
  keyEncoding: 'utf8',
  valueEncoding: 'buffer',
  writeBufferSize: 2_097_152,
  cacheSize: 262_144,
} as const;
/** Keys that are listed at once. */
const LISTED_AT_ONCE = 500;
const ATTEMPTS = 5;

/**
 * Reports in one directory of the disk, which belongs to one process at a time: LevelDB locks it,
 * and a process that dies loses the lock.
 */
export class Spool {
  readonly path: string;
  readonly #db: Database;
  #sequence = 0;
  #damaged = false;
  /** Reports that are still wanted. */
  live = 0;
  /** Bytes written so far. */
  written = 0;

  private constructor(path: string, db: Database) {
    this.path = path;
    this.#db = db;
  }

  /** A new, empty spool in `directory`, made if need be. @throws if the disk does not allow it. */
  static async create(directory: string, name: string): Promise<Spool> {
    await mkdir(directory, { recursive: true });
    for (let attempt = 1; ; attempt++) {
      const path = join(
        directory,
        `${name}-${Date.now()}-${process.pid}-${randomBytes(4).toString('hex')}`,
      );
      try {
        return new Spool(path, await open(path, true));
      } catch (error) {
        await rm(path, { recursive: true, force: true }).catch(() => {});
        // Another process may have looked into the directory just when it was there and empty.
        if (attempt === ATTEMPTS || codeOf(error) !== 'LEVEL_LOCKED') throw error;
      }
    }
  }

  /**
   * Takes over the spool of a process that is gone. What cannot be read is set aside under another
   * name, never deleted.
   */
  static async adopt(path: string): Promise<Adopted> {
    try {
      await access(join(path, 'CURRENT'));
    } catch {
      // Just being made.
      return { state: 'alive' };
    }
    try {
      const spool = new Spool(path, await open(path, false));
      return await spool.#inventory();
    } catch (cause) {
      return codeOf(cause) === 'LEVEL_LOCKED'
        ? { state: 'alive' }
        : { state: 'damaged', path: await setAside(path), cause };
    }
  }

  /**
   * Lists the reports in the directory. A damaged part ends the list: the reports before it are
   * kept, and the directory is set aside once they are gone.
   */
  async #inventory(): Promise<Adopted> {
    const kept: SpooledEntry[] = [];
    let damage = await droppedAtOpening(this.path);
    const keys = this.#db.keys();
    try {
      for (
        let some = await keys.nextv(LISTED_AT_ONCE);
        some.length > 0;
        some = await keys.nextv(LISTED_AT_ONCE)
      ) {
        for (const key of some) {
          const read = readKey(key);
          if (read !== undefined) kept.push({ key, ...read });
        }
      }
    } catch (error) {
      damage = error instanceof Error ? error.message : 'unreadable';
      this.#damaged = true;
    } finally {
      await keys.close();
    }
    this.live = kept.length;
    return { state: 'adopted', spool: this, entries: kept, damage };
  }

  /**
   * Writes reports in one synced step and returns their keys; all of them or none. Those that
   * cannot be written at all have none.
   */
  async save(
    entries: readonly { report: Report | undefined; size: number; signal: Signal }[],
  ): Promise<(string | undefined)[]> {
    const keys = new Array<string | undefined>(entries.length);
    const operations: { type: 'put'; key: string; value: Buffer }[] = [];
    await inSlices(entries, (entry, i) => {
      const value = encodable(entry.report);
      if (value === undefined) return;
      const key = keyOf(this.#sequence++, entry);
      keys[i] = key;
      operations.push({ type: 'put', key, value });
      this.written += value.length;
    });
    if (operations.length > 0) await this.#db.batch(operations, { sync: true });
    return keys;
  }

  /** The reports under the keys; nothing where one is damaged. */
  async read(keys: readonly string[]): Promise<(Report | undefined)[]> {
    const values = await this.#db.getMany([...keys]).catch(() => []);
    const reports: (Report | undefined)[] = [];
    await inSlices(keys, (_, i) => {
      const value = values[i];
      reports.push(value === undefined ? undefined : decode(value));
    });
    return reports;
  }

  /** Not synced: a report that comes back after a power failure has its id, the store knows it. */
  async forget(keys: readonly string[]): Promise<void> {
    await this.#db.batch(keys.map((key) => ({ type: 'del', key }) as const));
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** Deletes the directory; one that was damaged is set aside instead. */
  async remove(): Promise<void> {
    if (this.#damaged) {
      await this.#db.close();
      await setAside(this.path);
      return;
    }
    // Renamed while it is still locked: once it is not, another process might take it over.
    const gone = `${this.path}${GONE}`;
    const renamed = await rename(this.path, gone).then(
      () => true,
      () => false,
    );
    await this.#db.close();
    await rm(renamed ? gone : this.path, { recursive: true, force: true });
  }
}

async function open(path: string, createIfMissing: boolean): Promise<Database> {
  const { ClassicLevel } = loadLevel();
  const db: Database = new ClassicLevel(path, { ...LEVEL, createIfMissing });
  try {
    await db.open();
    return db;
  } catch (error) {
    await db.close().catch(() => {});
    throw error;
  }
}

/** Natively compiled, so that no bundle can hold it. */
function loadLevel(): typeof import('classic-level') {
  try {
    return ownRequire()('classic-level');
  } catch (cause) {
    return notLoaded('outbox', 'classic-level', '3')(cause);
  }
}

function encodable(report: Report | undefined): Buffer | undefined {
  try {
    return report && encode(report);
  } catch {
    return undefined;
  }
}

/** LevelDB leaves out what it finds damaged in its log, and says so only in a text file. */
async function droppedAtOpening(path: string): Promise<string | undefined> {
  const log = await readFile(join(path, 'LOG'), 'utf8').catch(() => '');
  return log.split('\n').find((line) => line.includes('dropping'));
}

async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  await rename(path, aside).catch(() => {});
  return basename(aside);
}

function codeOf(error: unknown): unknown {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return cause?.code ?? code;
}
