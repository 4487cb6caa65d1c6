import { resolve } from 'node:path';
import { HeapBacking, type Movable } from '../backing.js';
import { BaseCells } from '../base-store.js';
import { passToCluster, pathFault, warnUnlessMemory } from '../system/default-paths.js';
import { workerThreads } from '../system/worker-threads.js';
import { tellProblem } from '../tell-problem.js';
import { MappedBacking, type MappedFileAccess } from './mapped-backing.js';
import { MappedFile } from './mapped-file.js';
import { isOffered, joinMainThreadFile } from './worker-threads.js';

/** A store whose cells are in a mapped file, or were meant to be. */
export interface Publication {
  /** The path of the files, without suffix; `undefined` while they are on the heap. */
  readonly path: string | undefined;
  /** Brings the values back to the heap and removes the files if they are ours. Again: nothing. */
  close(): void;
}

/**
 * Moves a store's cells into the mapped file at `path`, where other processes read them. When that
 * cannot be, the cells stay on the heap and a warning is logged once: this never throws. In a
 * worker thread the cells go into pages of the main thread's file.
 * @param path without suffix; `undefined`, in a worker thread only: the main thread's, now or when
 * it has one.
 */
export function publish(cells: Movable, path: string | undefined): Publication {
  const fault = path === undefined ? undefined : pathFault(path);
  if (fault !== undefined) return stayOnHeap(fault);
  // An empty path would mean the working directory's own name.
  const absolute = path === undefined || path === '' ? undefined : resolve(path);
  if (!workerThreads().isMainThread && (absolute === undefined || isOffered(absolute)))
    return publishInThread(cells, absolute);
  return absolute === undefined ? stayOnHeap(new Error('no path')) : publishInFile(cells, absolute);
}

function publishInFile(cells: Movable, path: string): Publication {
  let undo = (): void => {};
  let current: string | undefined = path;
  try {
    const file = new MappedFile(path, (error) => {
      current = undefined;
      undo();
      if (error) warnOnce(error);
    });
    try {
      cells.moveTo(new MappedBacking(file.access));
    } catch (error) {
      file.close();
      throw error;
    }
    warnUnlessMemory(path);
    undo = passToCluster(path);
  } catch (error) {
    return stayOnHeap(error);
  }
  return {
    get path() {
      return current;
    },
    close: () => {
      if (current !== undefined) cells.moveTo(new HeapBacking());
    },
  };
}

/**
 * Stores that left the main thread's file, which keeps their counts: a second time there they would
 * be counted twice.
 */
const leavers = new WeakSet<Movable>();

function publishInThread(cells: Movable, wanted: string | undefined): Publication {
  if (leavers.has(cells))
    return stayOnHeap(new Error("cells of a worker thread join the main thread's file once"));
  let current: string | undefined;
  const moveToHeap = (): void => {
    if (current === undefined) return;
    current = undefined;
    cells.moveTo(new HeapBacking());
  };
  const join = (file: MappedFileAccess, path: string): void => {
    const leave = (error: unknown): void => {
      current = undefined;
      file.onAbandoned(error);
      if (error) warnOnce(error);
    };
    cells.moveTo(new MappedBacking({ ...file, onAbandoned: leave }));
    current = path;
  };
  const stop = joinMainThreadFile(wanted, { joined: join, closed: moveToHeap, failed: warnOnce });
  return {
    get path() {
      return current;
    },
    close: () => {
      if (current !== undefined) leavers.add(cells);
      moveToHeap();
      stop();
    },
  };
}

/** Returns what `publish` gives when the cells stay on the heap, and logs the reason. */
export function stayOnHeap(error: unknown): Publication {
  warnOnce(error);
  return { path: undefined, close: () => {} };
}

/** Several collections, and threads, stay in memory for one reason. */
const warnedReasons = new Set<string>();

function warnOnce(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  if (warnedReasons.has(reason)) return;
  warnedReasons.add(reason);
  tellProblem(
    'KANEDA_CELLS_IN_MEMORY',
    'metrics stay in memory, and other processes cannot read them',
    error,
  );
}

/**
 * Cells in a file that other processes read without this one's help: the Cantal agent,
 * `kaneda read`, `kaneda top`.
 */
export class MappedCells extends BaseCells {
  protected readonly label = 'MappedCells';
  #publication: Publication = { path: undefined, close: () => {} };

  private constructor() {
    super(new HeapBacking());
  }

  /**
   * Makes `path.values` and `path.meta`. Never throws: where files cannot be mapped (no koffi, no
   * space, no permission, Windows, the path in use by another process) the cells are on the heap,
   * and a warning is logged once. A normal exit removes the files.
   */
  static create(path: string): MappedCells {
    const cells = new MappedCells();
    cells.#publication = publish(cells, path);
    return cells;
  }

  /** The path of the files, without suffix; `undefined` while the cells are on the heap. */
  get path(): string | undefined {
    return this.#publication.path;
  }

  /**
   * Brings the values back to the heap and removes the files, if they are ours. The cells keep
   * working. A second call does nothing.
   */
  close(): void {
    this.#publication.close();
  }
}
