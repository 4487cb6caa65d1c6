import type { Meter } from '@opentelemetry/api';
import { Baselines } from './baselines.js';
import type { AnyCell } from './cell-instruments.js';
import type { CellStore } from './cells/store.js';

/**
 * The part of a store's sums that was added to the instruments of one meter. It outlives the observations, so that a store shown on the
 * same meter twice, at once or one after the other, is added once.
 */
export class Told {
  readonly series = new Baselines();
  readonly #cells = new WeakMap<AnyCell, bigint>();

  /** Returns what a counter or an integer gained since the last call; `undefined` for nothing, at the first call its whole value. */
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

const known = new WeakMap<Meter, WeakMap<CellStore, Told>>();

/** The one record of what `meter` was told of `cells`. */
export function toldTo(meter: Meter, cells: CellStore): Told {
  let stores = known.get(meter);
  if (stores === undefined) {
    stores = new WeakMap();
    known.set(meter, stores);
  }
  let told = stores.get(cells);
  if (told === undefined) {
    told = new Told();
    stores.set(cells, told);
    const { series } = told;
    cells.observe({
      listens: true,
      released: (family, slot) => {
        if (family.kind !== 'histogram') series.forget(slot);
      },
    });
  }
  return told;
}
