import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';

const { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } = fs.constants;
/** Windows has neither. */
const { O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants as { O_NONBLOCK?: number; O_NOCTTY?: number };

/** An open file, pipe, terminal or socket that lines are written to. */
export interface Descriptor {
  readonly fd: number;
  /** It was open before, as standard output is: it is not ours to close. */
  readonly given: boolean;
  /** A file on a disk: it can be read, has an end, and can be synced. */
  readonly regular: boolean;
  /** The file that it stands for. */
  readonly identity: string;
}

/** One of the process's own descriptors, by its usual names. */
const OWN_DESCRIPTOR = new RegExp(`^(?:/dev|/proc/(?:self|thread-self|${process.pid}))/fd/(\\d+)$`);
const STANDARD: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 };
const MAX_LINKS = 10;

/**
 * Opens a file to append to, creates it when it is missing. A pipe and a terminal are opened so
 * that no write blocks. A name of one of the process's own descriptors, and a link to it, is that
 * descriptor: it may be a socket, which has no other name, or a file that others of the program
 * write to as well.
 * @throws Error with the system's code
 */
export async function openToAppend(filename: string): Promise<Descriptor> {
  const own = ownDescriptor(filename);
  const stats = own === undefined ? await statOf(filename) : await fstat(own);
  const blocks = stats !== undefined && (stats.isFIFO() || stats.isCharacterDevice());
  if (own !== undefined) {
    const fd = blocks ? await openWithoutBlocking(filename).catch(() => own) : own;
    return { fd, given: fd === own, regular: stats!.isFile(), identity: identityOf(stats!) };
  }
  const flags = O_APPEND | O_RDWR | O_CREAT;
  const fd = blocks ? await openWithoutBlocking(filename) : await open(filename, flags);
  const opened = await fstat(fd);
  return { fd, given: false, regular: opened.isFile(), identity: identityOf(opened) };
}

/** The identity of the file that has the name now; empty where there is none. */
export async function identityOfName(filename: string): Promise<string> {
  const stats = await statOf(filename);
  return stats === undefined ? '' : identityOf(stats);
}

const identityOf = ({ dev, ino }: fs.Stats): string => `${dev} ${ino}`;

const openWithoutBlocking = (filename: string): Promise<number> =>
  open(filename, O_APPEND | O_WRONLY | O_NONBLOCK | O_NOCTTY);

function ownDescriptor(filename: string): number | undefined {
  let name = resolve(filename);
  for (let links = 0; links < MAX_LINKS; links++) {
    const number = STANDARD[name] ?? OWN_DESCRIPTOR.exec(name)?.[1];
    if (number !== undefined) return Number(number);
    try {
      name = resolve(dirname(name), fs.readlinkSync(name));
    } catch {
      return undefined;
    }
  }
  return undefined;
}

async function statOf(filename: string): Promise<fs.Stats | undefined> {
  try {
    return await called<fs.Stats>((done) => fs.stat(filename, done));
  } catch {
    return undefined;
  }
}

/*
 * Numbers instead of `FileHandle`: a standard descriptor has no handle, and package managers that
 * replace `fs` leave parts of the handles out.
 */

const open = (filename: string, flags: number): Promise<number> =>
  called((done) => fs.open(filename, flags, 0o666, done));

/** The state of an open file. */
export const fstat = (fd: number): Promise<fs.Stats> => called((done) => fs.fstat(fd, done));

/** Writes at the end; the system may take a part. @returns the number of bytes that it took */
export const write = (fd: number, bytes: Buffer, from: number): Promise<number> =>
  called((done) => fs.write(fd, bytes, from, bytes.length - from, null, done));

/** Reads bytes from a place of a file. @returns the number of bytes read */
export const readAt = (fd: number, into: Buffer, position: number): Promise<number> =>
  called((done) => fs.read(fd, into, 0, into.length, position, done));

/** Resolves when what was written is on the disk. */
export const sync = (fd: number): Promise<void> => called((done) => fs.fdatasync(fd, done));

/** Lets go of a descriptor that is ours. */
export async function close({ fd, given }: Descriptor): Promise<void> {
  if (!given) await called<void>((done) => fs.close(fd, done));
}

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;

function called<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    call((error, value) => (error === null ? resolve(value as T) : reject(error))),
  );
}
