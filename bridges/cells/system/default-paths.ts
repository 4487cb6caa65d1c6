import type { Cluster } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tellProblem } from '../tell-problem.js';

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;
const SHARED_MEMORY = '/dev/shm';

/** The fault of a path that is not a string. */
export const pathFault = (path: unknown): TypeError | undefined =>
  typeof path === 'string'
    ? undefined
    : new TypeError(`the path is no text but ${typeof path}: give a string, without suffix`);

/**
 * The path at which this process publishes its cells, without suffix: the option, else
 * `CANTAL_PATH`, else a name of its own in a directory that no other user can write. `CANTAL_PATH`
 * leaves the environment in any case, so that child processes do not publish in our place.
 * @throws Error when the default directory is not safe, TypeError for a path that is not a string.
 */
export function choosePath(option?: string): string {
  const inherited = process.env.CANTAL_PATH;
  delete process.env.CANTAL_PATH;
  const fault = option === undefined ? undefined : pathFault(option);
  if (fault !== undefined) throw fault;
  const given = option ?? inherited;
  if (given)
    return clusterPath(resolve(given), inherited && resolve(inherited), option !== undefined);
  const [directory] = defaultDirectories();
  if (directory === undefined) throw new Error('no directory for cells: give the option `path`');
  if (directory === ownDirectory()) makePrivate(directory);
  return join(directory, `cantal.${process.pid}.${randomBytes(4).toString('hex')}`);
}

/**
 * The directories in which processes of this user publish by default: first the one that
 * `choosePath` takes.
 */
export function defaultDirectories(): string[] {
  const runtime = process.env.XDG_RUNTIME_DIR;
  const own = ownDirectory();
  return [...(runtime ? [runtime] : []), ...(own ? [own] : [])];
}

function ownDirectory(): string | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  return join(isDirectory(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), `cantal.${uid}`);
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

// Anyone can make names in /dev/shm: what is there already must be ours and closed to others, and
// no link.
function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stat = lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new Error(
      `${directory} is not a directory of this user alone: remove it, or set XDG_RUNTIME_DIR or the option \`path\``,
    );
  }
}

// A cluster's workers run the same code with the same options: each gets a file beside its
// primary's.
function clusterPath(path: string, inherited: string | undefined, isOption: boolean): string {
  const { worker } = nodeCluster();
  if (!worker) return path;
  const own = `${isOption ? path : path.replace(/\.w\d+$/, '')}.w${worker.id}`;
  if (isOption) return inherited === own ? own : path;
  return own;
}

/** Takes a while to load, with all of Node's child processes and network. */
const nodeCluster = (): Cluster => process.getBuiltinModule('node:cluster') as unknown as Cluster;

/**
 * Gives each worker that this process forks from now on `CANTAL_PATH=base.wN` in its initial
 * environment, where the Cantal agent looks. Returns the undo.
 */
export function passToCluster(base: string): () => void {
  const cluster = nodeCluster();
  if (!cluster.isPrimary) return () => {};
  const fork = cluster.fork;
  let next = Math.max(0, ...Object.keys(cluster.workers ?? {}).map(Number)) + 1;
  const forkWithPath: Cluster['fork'] = (env) => {
    const worker = fork.call(cluster, { CANTAL_PATH: `${base}.w${next}`, ...env });
    next = worker.id + 1;
    return worker;
  };
  cluster.fork = forkWithPath;
  return () => {
    if (cluster.fork === forkWithPath) cluster.fork = fork;
  };
}

/** The file systems, by their device, that the process has been warned of. */
const slow = new Set<number>();

/** Says once a file system that cells in `path` are written to a disk again and again. */
export function warnUnlessMemory(path: string): void {
  if (process.platform !== 'linux') return;
  const directory = resolve(path, '..');
  const { type } = statfsSync(directory);
  if (type === TMPFS || type === RAMFS) return;
  const { dev } = statSync(directory);
  if (slow.has(dev)) return;
  slow.add(dev);
  tellProblem(
    'KANEDA_CELLS',
    `the cells in ${directory} are not on a file system in memory (tmpfs): the system writes them to the disk now and then. Choose a path below /dev/shm or /run`,
  );
}
