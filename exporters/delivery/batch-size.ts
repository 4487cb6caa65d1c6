/**
 * The number of full batches that the store must take before a larger one is tried. It doubles
 * whenever the larger one is refused.
 */
const MIN_BATCHES_BEFORE_GROWTH = 2;
const MAX_BATCHES_BEFORE_GROWTH = 64;
/** No batch has this many reports. */
const UNBOUNDED_REPORTS = 1_000_000;

/**
 * The size of batches that a store takes: unlimited until the store refuses a batch as too large,
 * then halved, and doubled again while the store takes full batches.
 */
export class BatchSize {
  #most = Number.POSITIVE_INFINITY;
  #taken = 0;
  #batchesBeforeGrowth = MIN_BATCHES_BEFORE_GROWTH;
  #isTrying = false;

  /** The number of reports that a batch may have, at most. */
  get most(): number {
    return this.#most;
  }

  /** Records that the store refused a batch of `count` reports as too large. */
  refused(count: number): void {
    if (this.#isTrying)
      this.#batchesBeforeGrowth = Math.min(
        this.#batchesBeforeGrowth * 2,
        MAX_BATCHES_BEFORE_GROWTH,
      );
    this.#isTrying = false;
    this.#most = Math.max(1, Math.min(this.#most, count >> 1));
    this.#taken = 0;
  }

  /** Records that the store took a batch of `count` reports. */
  taken(count: number): void {
    if (count < this.#most) return;
    if (this.#isTrying) this.#batchesBeforeGrowth = MIN_BATCHES_BEFORE_GROWTH;
    this.#isTrying = false;
    if (++this.#taken < this.#batchesBeforeGrowth) return;
    this.#taken = 0;
    this.#isTrying = true;
    this.#most = this.#most * 2 > UNBOUNDED_REPORTS ? Number.POSITIVE_INFINITY : this.#most * 2;
  }
}
