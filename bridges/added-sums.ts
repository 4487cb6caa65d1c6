import type { Meter } from '@opentelemetry/api';
import type { AnyCell } from './cell-instruments.js';
import { Gains } from './cells/series/gains.js';
import type { CellStore } from './cells/store.js';

/**
 * The part of a store's sums that was added to the instruments of one meter. It outlives the
 * observations, so that a store shown on the same meter twice, at once or one after the other, is
 * added once.
 */
export class AddedSums {
  readonly #gains = new Gains();
  readonly #shown = new Set<number>();
  readonly #cells = new WeakMap<AnyCell, bigint>();

  /** Listens to a store's sums from here on. */
  listen(cells: CellStore): void {
    cells.observe({
      listens: true,
      family: (family) => {
        if (family.kind === 'sum') family.trackGains(this.#gains);
      },
      released: (_, slot) => void this.#shown.delete(slot),
    });
  }

  /**
   * Returns what was added to the sum in `slot` since the last call for it; `undefined` for
   * nothing. At the first call 0 too: a sum that was made is shown once even if it never moves.
   */
  added(slot: number): number | undefined {
    const added = this.#gains.take(slot);
    if (added === 0 && this.#shown.has(slot)) return undefined;
    this.#shown.add(slot);
    return added;
  }

  /**
   * Returns what a counter or an integer gained since the last call; `undefined` for nothing, at
   * the first call its whole value.
   */
  gained(cell: AnyCell): number | undefined {
    if (cell.kind !== 'counter' && cell.kind !== 'integer') return undefined;
    const whole = cell.kind === 'counter' ? cell.get() : cell.exact();
    const before = this.#cells.get(cell);
    if (before === whole) return undefined;
    this.#cells.set(cell, whole);
    const gained = whole - (before ?? 0n);
    // A counter past 2^64 begins again at 0.
    return Number(cell.kind === 'counter' ? BigInt.asUintN(64, gained) : gained);
  }
}

const known = new WeakMap<Meter, WeakMap<CellStore, AddedSums>>();

/** The one record of what `meter` was told of `cells`. */
export function addedSumsOf(meter: Meter, cells: CellStore): AddedSums {
  let stores = known.get(meter);
  if (stores === undefined) {
    stores = new WeakMap();
    known.set(meter, stores);
  }
  let sums = stores.get(cells);
  if (sums === undefined) {
    sums = new AddedSums();
    stores.set(cells, sums);
    sums.listen(cells);
  }
  return sums;
}
