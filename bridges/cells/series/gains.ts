/**
 * The amounts added to sums since they were last taken, by slot. It is added up by itself: the
 * difference of two totals loses what is small beside them, and is nothing at all once a total is
 * infinite.
 */
export class Gains {
  #added = new Float64Array(0);
  /** The totals of the sums when counting stopped. */
  #left = new Map<number, number>();

  /** Something was added to the sum in `slot`. */
  add(slot: number, by: number): void {
    if (slot >= this.#added.length) this.#grow(slot);
    this.#added[slot]! += by;
  }

  /**
   * Returns what was added to the sum in `slot` since the last call for it, and begins again at 0.
   */
  take(slot: number): number {
    const added = this.#added[slot] ?? 0;
    if (added !== 0) this.#added[slot] = 0;
    return added;
  }

  /** Counts from here on what is added to the sum in `slot`, which is `total` now. */
  join(slot: number, total: number): void {
    this.add(slot, total - (this.#left.get(slot) ?? 0));
    this.#left.delete(slot);
  }

  /** Counts the sum in `slot`, which is `total` now, no longer. */
  leave(slot: number, total: number): void {
    this.#left.set(slot, total);
  }

  /** The sum in `slot` is gone: another one may have its place. */
  forget(slot: number): void {
    if (slot < this.#added.length) this.#added[slot] = 0;
  }

  #grow(slot: number): void {
    const grown = new Float64Array(Math.max(512, Math.ceil((slot + 1) * 1.25)));
    grown.set(this.#added);
    this.#added = grown;
  }
}
