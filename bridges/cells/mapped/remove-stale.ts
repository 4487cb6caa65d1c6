import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseMeta } from '../meta-format.js';
import { ownerOf } from '../system/liveness.js';
import { readMetaFile, withFile } from '../system/open-foreign-file.js';

/**
 * The time that a dead process's files stay, in milliseconds: a collector may still want their last
 * counts.
 */
export const GRACE_MS = 60_000;

/**
 * Removes the files of processes of this user that have been dead for more than a minute from a
 * directory, where `exit` handlers could not: after SIGKILL, or SIGTERM's default. Touches nothing
 * that is not a pair of files of cells.
 * @returns the paths removed, without suffix.
 */
export function removeStale(directory: string, now = Date.now()): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  const paths = names
    .filter((name) => name.endsWith('.values'))
    .map((name) => join(directory, name.slice(0, -'.values'.length)));
  return paths.filter((path) => {
    try {
      return removeIfStale(path, now);
    } catch {
      return false; // vanished, not ours, not cells: none of our business
    }
  });
}

function removeIfStale(path: string, now: number): boolean {
  const stale = withFile(path, '.values', (fd, stat) => {
    if (stat.uid !== process.getuid?.() || stat.mtimeMs + GRACE_MS >= now) return false;
    if (parseMeta(readMetaFile(path).bytes, path).length > stat.size) return false;
    return ownerOf(fd, stat).alive ? false : stat;
  });
  // The names may lead elsewhere by now: a process may have started at this path.
  if (!stale || lstatSync(`${path}.values`).ino !== stale.ino) return false;
  unlinkSync(`${path}.meta`);
  unlinkSync(`${path}.values`);
  return true;
}
