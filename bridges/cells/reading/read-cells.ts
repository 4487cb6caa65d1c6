import { existsSync, lstatSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { TextDecoder } from 'node:util';
import type { CellKind } from '../cell.js';
import { CellFileError } from '../errors.js';
import { type Meta, type MetaEntry, parseMeta } from '../meta-format.js';
import { pathFault } from '../system/default-paths.js';
import { ownerOf } from '../system/liveness.js';
import { MAX_VALUES_BYTES, readInto, readMetaFile, withFile } from '../system/open-foreign-file.js';
import { monotonic } from '../system/real-timers.js';

/**
 * The value that a cell of another process shows: a bigint for `counter` and `integer`, a number
 * for `float`.
 */
export type ProcessValue = bigint | number | { text: string; since: Date | null };

/** One cell of another process: its kind, dimensions and value. */
export interface ProcessMetric {
  /** The kind of the cell. */
  kind: CellKind;
  /** Shared between readings: not to be changed. */
  dimensions: Record<string, string>;
  /** The value of the cell when the file was read. */
  value: ProcessValue;
}

/** The cells of one process, as they were a moment ago. */
export interface ProcessCells {
  /** Absolute, without suffix. */
  path: string;
  /** Of the process that holds the files, where that is known. */
  pid?: number;
  /** True if the process that made the files still holds them. */
  alive: boolean;
  /** The cells, in the order of the file. */
  metrics: ProcessMetric[];
  /**
   * The number of values in the file that cannot be shown, if there are any: of an unknown kind or
   * size, with a list or an object in their dimensions, or with dimensions that another value
   * before them has.
   */
  skipped?: number;
}

/** The facts that `readCells` knows beyond `ProcessCells`. */
export interface CellsReading extends ProcessCells {
  /** Tells one values file from another at the same path. */
  readonly identity: string;
  /** When the values file was made, in milliseconds since 1970, where the file system tells. */
  readonly born: number;
  readonly skipped: number;
}

/**
 * Reads the cells of another process (or of this one) without its help: it may be blocked, stopped
 * or dead.
 * @param path without suffix.
 * @throws CellFileError when the files are missing, malformed, too large, not to be read, or
 * `.values` is too short; TypeError for a path that is not a string.
 */
export function readProcess(path: string): ProcessCells {
  const { pid, alive, metrics, skipped, path: absolute } = readCells(path);
  return {
    path: absolute,
    ...(pid !== undefined && { pid }),
    alive,
    metrics,
    ...(skipped > 0 && { skipped }),
  };
}

/** As `readProcess`, with what tells readings apart. */
export function readCells(path: string): CellsReading {
  const fault = pathFault(path);
  if (fault !== undefined) throw fault;
  const absolute = resolve(path);
  for (let tries = 0; tries < 5; tries++) {
    const current = currentMeta(absolute);
    const { reading, file } = readValues(absolute, current.meta);
    // A process that starts at this path puts new values there first: they must not be read by the
    // old meta. Within one values file any meta is right, as values do not move while it may be in
    // use by a reader.
    if (file === current.values || sameFile(current.stat, statMeta(absolute))) {
      current.values = file;
      return reading;
    }
  }
  throw new CellFileError(absolute, 'the .meta file changes all the time');
}

interface KnownMeta {
  readonly stat: Stats;
  readonly meta: Meta;
  /** The time at which it was parsed: a file may change twice within one tick of its clock. */
  readonly at: number;
  /** The values file that it, or the one before it, was seen to belong to. */
  values: string | undefined;
}

const known = new Map<string, KnownMeta>();
let knownBytes = 0;
const MAX_KNOWN_BYTES = 64 * 2 ** 20;
const CLOCK_GRAIN_MS = 50;

function currentMeta(path: string): KnownMeta {
  const before = known.get(path);
  if (
    before &&
    before.at > before.stat.mtimeMs + CLOCK_GRAIN_MS &&
    sameFile(before.stat, statMeta(path))
  )
    return before;
  if (before) forget(path, before);
  const at = Date.now();
  const { bytes, stat } = readMetaFile(path);
  const now: KnownMeta = { stat, meta: parseMeta(bytes, path), at, values: before?.values };
  if (now.meta.length > MAX_VALUES_BYTES)
    throw new CellFileError(path, `the values have more than ${MAX_VALUES_BYTES} bytes`);
  for (const [oldest, entry] of known) {
    if (knownBytes + stat.size <= MAX_KNOWN_BYTES) break;
    forget(oldest, entry);
  }
  forgetGone();
  remember(path, now);
  return now;
}

/**
 * Looks at two that were looked at longest ago, so that those of processes that have ended do not
 * gather: there are never many more of them than of living ones.
 */
function forgetGone(): void {
  for (let looks = 0; looks < 2; looks++) {
    const { value: oldest } = known.entries().next();
    if (oldest === undefined) return;
    forget(...oldest);
    if (existsSync(`${oldest[0]}.meta`)) remember(...oldest);
  }
}

function remember(path: string, entry: KnownMeta): void {
  known.set(path, entry);
  knownBytes += entry.stat.size;
}

function forget(path: string, entry: KnownMeta): void {
  known.delete(path);
  knownBytes -= entry.stat.size;
}

function statMeta(path: string): Stats | undefined {
  return lstatSync(`${path}.meta`, { throwIfNoEntry: false });
}

function sameFile(a: Stats, b: Stats | undefined): boolean {
  return (
    b !== undefined &&
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs
  );
}

function readValues(path: string, meta: Meta): { reading: CellsReading; file: string } {
  return withFile(path, '.values', (fd, stat) => {
    const short = () =>
      new CellFileError(
        path,
        `the .values file is shorter than its .meta says (${meta.length} bytes)`,
      );
    if (stat.size < meta.length) throw short();
    const metrics = readTwice(meta, (bytes) => {
      if (readInto(fd, bytes, meta.length) < meta.length) throw short();
    });
    const { pid, alive } = ownerOf(fd, stat);
    const identity = `${stat.dev}:${stat.ino}`;
    const reading = {
      path,
      ...(pid !== undefined && { pid }),
      alive,
      metrics,
      identity,
      born: stat.birthtimeMs,
      skipped: meta.skipped,
    };
    return { reading, file: `${identity}:${stat.birthtimeMs}` };
  });
}

// Two buffers, used again and again: reading into fresh memory tears more often.
let buffers = [new Uint8Array(0), new Uint8Array(0)] as const;
const MAX_KEPT_BYTES = 2 ** 20;

function buffersOf(length: number): readonly [Uint8Array, Uint8Array] {
  if (length <= buffers[0].length) return buffers;
  const size = Math.max(length, 1 << 16);
  const fresh = [new Uint8Array(size), new Uint8Array(size)] as const;
  if (size <= MAX_KEPT_BYTES) buffers = fresh;
  return fresh;
}

const TRIES = 4;
/** Values that still change after those tries are read again for this long. */
const EXTRA_TRIES_MS = 5;

/**
 * The kernel copies a file's bytes while the process writes them, and may copy half a value. So
 * everything is read twice, and what does not agree is read again. A counter that moved on agrees
 * when its upper half did not: halves are what a copy can tear.
 */
function readTwice(meta: Meta, read: (bytes: Uint8Array) => void): ProcessMetric[] {
  let [before, now] = buffersOf(meta.length);
  read(before);
  read(now);
  const { entries, length } = meta;
  let view = viewOf(now);
  const metrics = entries.map((entry) => metricOf(entry, now, view));
  if (same(before, now, 0, length)) return metrics;
  let open = entries.map((_, i) => i).filter((i) => !agree(entries[i]!, before, now));
  const end = monotonic() + EXTRA_TRIES_MS;
  for (let tries = 1; open.length > 0 && (tries < TRIES || monotonic() < end); tries++) {
    [before, now] = [now, before];
    read(now);
    view = viewOf(now);
    for (const i of open) metrics[i] = metricOf(entries[i]!, now, view);
    open = open.filter((i) => !agree(entries[i]!, before, now));
  }
  return metrics;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const UPPER_HALF = littleEndian() ? 4 : 0;

function littleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}

function agree({ kind, offset, bytes }: MetaEntry, before: Uint8Array, now: Uint8Array): boolean {
  if (kind !== 'counter' && kind !== 'integer') return same(before, now, offset, offset + bytes);
  return same(before, now, offset + UPPER_HALF, offset + UPPER_HALF + 4);
}

function same(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  if (end - start > 64) return Buffer.compare(a.subarray(start, end), b.subarray(start, end)) === 0;
  for (let i = start; i < end; i++) if (a[i] !== b[i]) return false;
  return true;
}

function metricOf(
  { kind, dimensions, offset, bytes }: MetaEntry,
  values: Uint8Array,
  view: DataView,
): ProcessMetric {
  const little = UPPER_HALF === 4;
  let value: ProcessValue;
  if (kind === 'counter') value = view.getBigUint64(offset, little);
  else if (kind === 'integer') value = view.getBigInt64(offset, little);
  else if (kind === 'float') value = view.getFloat64(offset, little);
  else
    value = stateOf(view.getBigUint64(offset, little), values.subarray(offset + 8, offset + bytes));
  return { kind, dimensions, value };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const LAST_DATE = 8_640_000_000_000_000n;

function stateOf(time: bigint, text: Uint8Array): { text: string; since: Date | null } {
  if (time === 0n) return { text: '', since: null };
  const end = text.indexOf(0);
  const since = time <= LAST_DATE ? new Date(Number(time)) : null;
  return { text: decoder.decode(end < 0 ? text : text.subarray(0, end)), since };
}
