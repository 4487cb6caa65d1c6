/** The values that sums had when they were last handed on, by slot. */
export class Baselines {
  #values = new Float64Array(0);

  /**
   * Returns what was added to the sum in `slot`, which is `value` now, since the last call for it; `undefined` for nothing. At the
   * first call the whole value, 0 too: a sum that was made is shown once even if it never moves.
   */
  gained(slot: number, value: number): number | undefined {
    if (slot >= this.#values.length) this.#grow(slot);
    const before = this.#values[slot]!;
    if (before === value) return undefined;
    this.#values[slot] = value;
    return Number.isNaN(before) ? value : value - before;
  }

  /** Forgets the sum in `slot`: another one may have its place. */
  forget(slot: number): void {
    if (slot < this.#values.length) this.#values[slot] = Number.NaN;
  }

  #grow(slot: number): void {
    const grown = new Float64Array(Math.max(512, Math.ceil((slot + 1) * 1.25))).fill(Number.NaN);
    grown.set(this.#values);
    this.#values = grown;
  }
}
