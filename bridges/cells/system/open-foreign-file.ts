import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { CellFileError } from '../errors.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The most that is read of a `.meta` file, in bytes. */
export const MAX_META_BYTES = 16 * 2 ** 20;
/** The most that is read of a `.values` file, in bytes. */
export const MAX_VALUES_BYTES = 64 * 2 ** 20;

/**
 * Opens a file of another process and hands it to `use`: follows no link, waits for no pipe, takes
 * regular files only.
 * @param path the cells' path, without suffix, for errors.
 * @throws CellFileError when it cannot be opened, and what `use` throws.
 */
export function withFile<T>(
  path: string,
  suffix: '.meta' | '.values',
  use: (fd: number, stat: Stats) => T,
): T {
  let fd: number;
  try {
    fd = openSync(path + suffix, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (cause) {
    throw new CellFileError(path, whyNot(suffix, cause as NodeJS.ErrnoException), { cause });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new CellFileError(path, `the ${suffix} file is not a regular file`);
    return use(fd, stat);
  } finally {
    closeSync(fd);
  }
}

function whyNot(suffix: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no ${suffix} file`;
  if (code === 'ELOOP') return `the ${suffix} file is a symbolic link, which is not followed`;
  if (code === 'EACCES' || code === 'EPERM') return `no permission to read the ${suffix} file`;
  return `the ${suffix} file cannot be opened (${code ?? message})`;
}

/** Reads `length` bytes from the start of an open file, fewer when it ends before. */
export function readInto(fd: number, bytes: Uint8Array, length: number): number {
  let done = 0;
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** A whole `.meta` file with the state it was read in. */
export function readMetaFile(path: string): { bytes: Uint8Array; stat: Stats } {
  return withFile(path, '.meta', (fd, stat) => {
    if (stat.size > MAX_META_BYTES)
      throw new CellFileError(path, `the .meta file has more than ${MAX_META_BYTES} bytes`);
    const bytes = new Uint8Array(stat.size);
    return { bytes: bytes.subarray(0, readInto(fd, bytes, stat.size)), stat };
  });
}
