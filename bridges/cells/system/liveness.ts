import type { Stats } from 'node:fs';
import { native } from './libc.js';
import { list, read } from './read-or-nothing.js';
import { monotonic } from './real-timers.js';

/** The facts about the process behind a values file. */
export interface Owner {
  readonly alive: boolean;
  /** Present if known: the process may live in another container. */
  readonly pid?: number;
}

type FileId = Pick<Stats, 'dev' | 'ino' | 'ctimeMs' | 'birthtimeMs'>;

/**
 * True if a process holds the lock on this open values file, or maps it (cantal-py takes no lock).
 */
export function isAlive(fd: number, file: FileId): boolean {
  return ownerOf(fd, file).alive;
}

/** Who holds the lock on this open values file or maps it. */
export function ownerOf(fd: number, file: FileId): Owner {
  if (isLocked(fd, file)) return lockHolder(file);
  holders.delete(keyOf(file));
  const pid = mapper(file);
  return pid === undefined ? { alive: false } : { alive: true, pid };
}

function isLocked(fd: number, file: FileId): boolean {
  try {
    return native().isLocked(fd);
  } catch {
    // No koffi: Linux lists the locks of all processes that we can see.
    return readLocks().has(device(file));
  }
}

// The holder of a lock stays the same while the file is locked.
const holders = new Map<string, Owner>();

function lockHolder(file: FileId): Owner {
  const key = keyOf(file);
  let owner = holders.get(key);
  if (owner === undefined) {
    const pid = readLocks().get(device(file));
    owner = pid !== undefined && pid > 0 ? { alive: true, pid } : { alive: true };
    if (holders.size >= 10_000) holders.clear();
    holders.set(key, owner);
  }
  return owner;
}

/** A file system gives an inode again that is free. */
const keyOf = ({ dev, ino, birthtimeMs }: FileId): string => `${dev}:${ino}:${birthtimeMs}`;

function readLocks(): Map<string, number> {
  const locks = new Map<string, number>();
  for (const line of read('/proc/locks').split('\n')) {
    const found = /^\d+: FLOCK\s+\S+\s+\S+\s+(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    if (found)
      locks.set(
        `${Number.parseInt(found[2]!, 16)}:${Number.parseInt(found[3]!, 16)}:${found[4]}`,
        Number(found[1]),
      );
  }
  return locks;
}

/** Device and inode as the kernel prints them; the number is taken apart as glibc does. */
function device({ dev, ino }: FileId): string {
  const high = Math.floor(dev / 2 ** 32);
  const low = dev >>> 0;
  const major = ((low >>> 8) & 0xfff) | (high & 0xfffff000);
  const minor = (low & 0xff) | ((low >>> 12) & 0xfff00);
  return `${major}:${minor}:${ino}`;
}

interface Mapper {
  readonly pid: number;
  /** When the process started, in the kernel's ticks: tells it from a later one of the same pid. */
  readonly started: string;
}

// Which process maps which file, as it was at one moment.
let mappers = new Map<string, Mapper[]>();
let taken = { at: Number.NEGATIVE_INFINITY, uptime: 0 };
// Files that no process mapped at an earlier look: a values file is mapped before it gets its name,
// and never later.
const abandoned = new Set<string>();
/** More are forgotten all at once. */
const MAX_ABANDONED = 10_000;
const CLOCK_GRAIN_MS = 50;

/**
 * The computer's time was changed since the mappers were taken: the files' times say nothing about
 * before and after.
 */
function wasClockSet(): boolean {
  const change = Date.now() - taken.at - (monotonic() - taken.uptime);
  return Math.abs(change) > CLOCK_GRAIN_MS;
}

function mapper(file: FileId): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const id = `${device(file)}:${file.birthtimeMs}`;
  if (abandoned.has(id)) return undefined;
  if (file.ctimeMs + CLOCK_GRAIN_MS > taken.at || wasClockSet()) takeMappers();
  let pid = livingMapper(file);
  if (pid === undefined && mappers.has(device(file))) {
    takeMappers(); // the one that made it is gone; a child may have inherited it
    pid = livingMapper(file);
  }
  if (pid === undefined) rememberAbandoned(id);
  return pid;
}

function rememberAbandoned(id: string): void {
  if (abandoned.size >= MAX_ABANDONED) abandoned.clear();
  abandoned.add(id);
}

function livingMapper(file: FileId): number | undefined {
  return mappers
    .get(device(file))
    ?.find(({ pid, started }) => started !== '' && startOf(pid) === started)?.pid;
}

function takeMappers(): void {
  taken = { at: Date.now(), uptime: monotonic() };
  mappers = new Map();
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    for (const key of mappedFiles(pid))
      mappers.set(key, [...(mappers.get(key) ?? []), { pid, started: startOf(pid) }]);
  }
}

/** The files of cells that a process has mapped, by device and inode. */
function mappedFiles(pid: number): string[] {
  return read(`/proc/${pid}/maps`)
    .split('\n')
    .filter((line) => line.includes('.values') || line.includes('.tmp'))
    .flatMap((line) => {
      const found = /^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) /.exec(line);
      if (found === null) return [];
      const [, major, minor, inode] = found;
      return [`${Number.parseInt(major!, 16)}:${Number.parseInt(minor!, 16)}:${inode}`];
    });
}

/** `''`: no such process. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? ''); // a zombie has ended
}
