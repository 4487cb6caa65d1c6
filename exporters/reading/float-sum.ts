/** Adds numbers up without the error that grows with their count (Neumaier's summation). */
export class FloatSum {
  #sum = 0;
  /** The digits that did not fit into the sum. */
  #rest = 0;

  add(value: number): void {
    const sum = this.#sum + value;
    // A sum that is not finite has no rest: it would become NaN.
    if (Number.isFinite(sum))
      this.#rest +=
        Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#rest;
  }
}
