import { constants, type StatsFs } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Asks whether lines could be appended to a file, without opening it: the file's own permission, or
 * its directory's where there is no file yet, and room on its disk.
 * @throws Error with the system's code.
 */
export async function assertWritable(filename: string): Promise<void> {
  const stats = await stat(filename).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (stats?.isDirectory()) throw failure('EISDIR');
  const asked = stats === undefined ? dirname(filename) : filename;
  await access(asked, constants.W_OK);
  if (stats !== undefined && !stats.isFile()) return;
  if (isFull(await statfs(asked))) throw failure('ENOSPC');
}

/**
 * True if only root's reserve is left, which others cannot use. A file system of the kernel's own
 * counts no blocks.
 */
function isFull({ blocks, bfree, bavail }: StatsFs): boolean {
  return blocks > 0 && (process.getuid?.() === 0 ? bfree : bavail) === 0;
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });
