/**
 * So many full batches are taken before a larger one is tried; after each that was too large again
 * twice as many.
 */
const FIRST_PATIENCE = 2;
const LONGEST_PATIENCE = 64;
/** No batch has so many reports. */
const UNBOUNDED = 1_000_000;

/**
 * The reports that a store takes at a time, as far as it has refused larger batches: halved then,
 * and doubled again as it takes them.
 */
export class BatchSize {
  #most = Number.POSITIVE_INFINITY;
  #taken = 0;
  #patience = FIRST_PATIENCE;
  #isTrying = false;

  /** The most that a batch may have. */
  get most(): number {
    return this.#most;
  }

  /** The store refused a batch of so many as too large. */
  refused(count: number): void {
    if (this.#isTrying) this.#patience = Math.min(this.#patience * 2, LONGEST_PATIENCE);
    this.#isTrying = false;
    this.#most = Math.max(1, Math.min(this.#most, count >> 1));
    this.#taken = 0;
  }

  /** The store took a batch of so many. */
  taken(count: number): void {
    if (count < this.#most) return;
    if (this.#isTrying) this.#patience = FIRST_PATIENCE;
    this.#isTrying = false;
    if (++this.#taken < this.#patience) return;
    this.#taken = 0;
    this.#isTrying = true;
    this.#most = this.#most * 2 > UNBOUNDED ? Number.POSITIVE_INFINITY : this.#most * 2;
  }
}
