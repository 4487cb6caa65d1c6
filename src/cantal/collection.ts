import type { MeterProvider } from '@opentelemetry/api';
import type { Movable } from '../../bridges/cells/backing.js';
import type { Cell } from '../../bridges/cells/cell.js';
import { HeapCells } from '../../bridges/cells/heap-cells.js';
import { type Publication, publish, stayOnHeap } from '../../bridges/cells/mapped/mapped-cells.js';
import { dimensionsKey } from '../../bridges/cells/single/base-cell.js';
import type { CellStore } from '../../bridges/cells/store.js';
import { tell } from '../../exporters/problems/tell.js';
import {
  anything,
  assertOptions,
  type OptionRules,
  rules,
  tellFaults,
} from '../../exporters/setup/option-rules.js';
import { ActiveCollection } from './active-collection.js';
import { observe } from './observe.js';

/** The last argument of each metric's constructor. */
export interface MetricOptions {
  /** The collection that the metric belongs to; default: the collection that `start()` starts. */
  collection?: Collection | undefined;
  /**
   * A metric of the same class and dimensions that the collection has already is taken instead of a
   * new one, with its value: for code that is loaded again while the process lives (hot reload).
   * The same class of another copy of the package will do. Default: `DuplicateValueError`.
   */
  reuse?: boolean | undefined;
}

/** Options of `Collection.start`. */
export interface CollectionStartOptions {
  /**
   * The MeterProvider that shows the metrics; default: the global provider, as soon as there is
   * one.
   */
  meterProvider?: MeterProvider | undefined;
}

const CELLS: OptionRules = {
  cells: (value) =>
    rules.having('observe')(value) &&
    "must be a store of cells: a HeapCells, a MappedCells, or a Collection's cells",
};

/** A set of metrics that is published together. Most programs use the one behind `start()`. */
export class Collection {
  /** The store that the metrics' cells are in, for `observeCells` and `CellProducer`. */
  readonly cells: CellStore;
  #active: ActiveCollection | undefined;
  #saidTwice = false;

  /**
   * `cells`: the store of the cells; default: a new one on the heap.
   * @throws SettingsError for faulty options.
   */
  constructor(options: { cells?: CellStore } = {}) {
    assertOptions('new Collection', options, CELLS);
    this.cells = options.cells ?? new HeapCells();
  }

  /**
   * Gives a cell its place. Throws `DuplicateValueError` if a metric with the same dimensions is
   * here already, `TypeError` for something other than a cell.
   */
  add(cell: Cell): void {
    this.cells.add(cell);
  }

  /**
   * Gives a new cell its place, or finds the one that it is to be.
   * @internal @throws DuplicateValueError as `add` does, also if the cell that is there is of
   * another kind or lacks a method.
   */
  place<C extends Cell>(cell: C, reuse = false): C {
    try {
      this.cells.add(cell);
      return cell;
    } catch (error) {
      const found = reuse && isDuplicate(error) ? this.#find(cell) : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }

  #find<C extends Cell>(cell: C): C | undefined {
    const key = dimensionsKey(cell.dimensions);
    for (const known of this.cells.cells)
      if (dimensionsKey(known.dimensions) === key)
        return standsFor(known, cell) ? (known as C) : undefined;
    return undefined;
  }

  /**
   * Publishes the metrics in `path.meta` and `path.values`, with the values they have, and shows
   * them to OpenTelemetry. Metrics made later are added. Never throws: what cannot be published
   * goes on in memory, and a warning is logged once; an unknown option is logged. Started already:
   * logs a warning once and returns the same.
   * @param path without suffix.
   */
  start(path: string, options: CollectionStartOptions = {}): ActiveCollection {
    tellFaults('Collection.start', options, START);
    return this.begin(() => path, options ?? {});
  }

  /** @internal `choose`: which path, `undefined` for the main thread's; may throw. */
  begin(choose: () => string | undefined, options: CollectionStartOptions): ActiveCollection {
    if (this.#active) {
      this.#warnStartedTwice(this.#active.path);
      return this.#active;
    }
    const publication = this.#publish(choose);
    const observation = observe(this.cells, options.meterProvider);
    this.#active = new ActiveCollection(publication, () => {
      this.#active = undefined;
      observation.stop();
    });
    return this.#active;
  }

  #publish(choose: () => string | undefined): Publication {
    if (!isMovable(this.cells))
      return stayOnHeap(new Error('the cells given to the collection cannot be moved into a file'));
    try {
      return publish(this.cells, choose());
    } catch (error) {
      return stayOnHeap(error);
    }
  }

  #warnStartedTwice(path = 'no path'): void {
    if (!this.#saidTwice)
      tell({
        code: 'KANEDA_CELLS',
        message: `kaneda-otel: the metrics are started already, at ${path}; another start changes nothing`,
      });
    this.#saidTwice = true;
  }
}

/** The options of `Collection.start`. */
export const START: OptionRules = { meterProvider: anything };

const isDuplicate = (error: unknown): boolean =>
  (error as { code?: unknown } | undefined)?.code === 'KANEDA_DUPLICATE_VALUE';

function isMovable(cells: CellStore): cells is CellStore & Movable {
  return typeof (cells as Partial<Movable>).moveTo === 'function';
}

/**
 * Compares by kind and methods, not by class: each copy of the package has classes of its own, and
 * a class of the application's is made again with its module.
 */
function standsFor(known: Cell, wanted: Cell): boolean {
  return known.kind === wanted.kind && methodsOf(wanted).every((name) => name in known);
}

function methodsOf(cell: Cell): string[] {
  const names: string[] = [];
  for (let from = Object.getPrototypeOf(cell); from !== Object.prototype; ) {
    names.push(...Object.getOwnPropertyNames(from));
    from = Object.getPrototypeOf(from);
  }
  return names;
}

/** One a process: the ESM and the CommonJS files, and several copies of the package, share it. */
const DEFAULT = Symbol.for('kaneda-otel.collection.1');
const shared = globalThis as { [DEFAULT]?: Collection };

/** The collection that `start()` starts, and that metrics belong to which name no other. */
shared[DEFAULT] ??= new Collection();
export const globalCollection: Collection = shared[DEFAULT];

/** The options of every metric. */
export const METRIC: OptionRules = {
  collection: (value) =>
    rules.having('place')(value) &&
    'must be a Collection: what new Collection() makes, not what its start() returns',
  reuse: rules.boolean,
};

/**
 * Gives a new cell its place in the collection that its options name, or finds the one that it is
 * to be.
 * @throws SettingsError for faulty options, and what `Collection.place` throws.
 */
export function placeCell<C extends Cell>(cell: C, options: MetricOptions, known = METRIC): C {
  assertOptions(`new ${cell.constructor.name}`, options, known);
  const { collection = globalCollection, reuse } = options;
  return collection.place(cell, reuse);
}
