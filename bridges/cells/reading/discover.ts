import { readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultDirectories } from '../system/default-paths.js';
import { list, read } from '../system/read-or-nothing.js';

/**
 * The paths, without suffix, at which processes publish cells.
 * @param directory only those in it; default: the directories that are taken by default, and the
 * `CANTAL_PATH` that processes were started with, as the Cantal agent looks for it.
 */
export function discover(directory?: string): string[] {
  if (directory !== undefined) return pathsIn(resolve(directory));
  return [...new Set([...defaultDirectories().flatMap(pathsIn), ...fromEnvironments()])].sort();
}

function pathsIn(directory: string): string[] {
  return list(directory)
    .filter((name) => name.endsWith('.meta') && name !== '.meta')
    .map((name) => join(directory, name.slice(0, -'.meta'.length)))
    .sort();
}

// A process keeps the environment it was started with: looked at once, until its pid is another's.
const looked = new Map<string, { started: string; path: string | undefined }>();

function fromEnvironments(): string[] {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name));
  const living = new Set(pids);
  for (const pid of looked.keys()) if (!living.has(pid)) looked.delete(pid);
  return pids.flatMap((pid) => pathOf(pid) ?? []);
}

function pathOf(pid: string): string | undefined {
  const stat = read(`/proc/${pid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const before = looked.get(pid);
  if (before?.started === started) return before.path;
  const variable = read(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .find((entry) => entry.startsWith('CANTAL_PATH='));
  const path = variable && inOurRoot(pid, variable.slice('CANTAL_PATH='.length));
  looked.set(pid, { started, path: path || undefined });
  return path || undefined;
}

// A process in a container means a path in its own file system.
function inOurRoot(pid: string, path: string): string {
  if (!path.startsWith('/')) return '';
  try {
    return readlinkSync(`/proc/${pid}/root`) === '/'
      ? resolve(path)
      : `/proc/${pid}/root${resolve(path)}`;
  } catch {
    return resolve(path);
  }
}
