import type { ExponentialDistribution } from '../reports/distribution.js';
import { MAX_SCALE } from '../reports/distribution.js';

/**
 * More buckets are joined by a coarser scale. Values from 1 ms to 1,000 s then have buckets of 1 %.
 */
const MAX_BUCKETS = 2_048;
/** The smallest normal double; what is smaller shares its bucket. */
const SMALLEST = 2 ** -1022;

/** Exponential distributions that are added up, at the coarsest of their scales. */
export class ExponentialSum {
  zeroCount = 0;
  #scale = MAX_SCALE;
  /** The bucket that `#counts[0]` stands for. */
  #low = 0;
  #counts = new Float64Array(0);

  /** Adds everything that `other` holds. */
  add({ scale, zeroCount, offset, counts }: ExponentialDistribution): void {
    this.zeroCount += zeroCount;
    let first = 0;
    let end = counts.length;
    while (first < end && counts[first] === 0) first++;
    while (end > first && counts[end - 1] === 0) end--;
    if (first === end) return;
    const by = this.#fit(scale, offset + first, offset + end - 1);
    for (let i = first; i < end; i++) this.#counts[((offset + i) >> by) - this.#low]! += counts[i]!;
  }

  /** Adds one value of 0 or more. */
  record(value: number): void {
    if (value === 0) {
      this.zeroCount += 1;
      return;
    }
    const bucket = Math.ceil(Math.log2(Math.max(value, SMALLEST)) * 2 ** MAX_SCALE) - 1;
    const by = this.#fit(MAX_SCALE, bucket, bucket);
    this.#counts[(bucket >> by) - this.#low]! += 1;
  }

  /** The sum; nothing of it is shared. */
  toDistribution(): ExponentialDistribution {
    const { zeroCount } = this;
    const counts = Array.from(this.#counts);
    return { scale: this.#scale, zeroCount, offset: counts.length > 0 ? this.#low : 0, counts };
  }

  /**
   * Makes room for the buckets from `low` to `high` of a scale.
   * @returns the number of bits by which their numbers are shifted to be ours.
   */
  #fit(scale: number, low: number, high: number): number {
    const used = this.#counts.length;
    let common = used === 0 ? scale : Math.min(scale, this.#scale);
    let [from, to] = this.#span(common, low >> (scale - common), high >> (scale - common));
    while (to - from >= MAX_BUCKETS) {
      common -= 1;
      from >>= 1;
      to >>= 1;
    }
    if (used === 0 || common < this.#scale || from < this.#low || to >= this.#low + used)
      this.#resize(common, from, to);
    return scale - common;
  }

  /** The range of ours and the given buckets together, at a scale that is not finer than ours. */
  #span(scale: number, low: number, high: number): [number, number] {
    if (this.#counts.length === 0) return [low, high];
    const by = this.#scale - scale;
    const last = this.#low + this.#counts.length - 1;
    return [Math.min(low, this.#low >> by), Math.max(high, last >> by)];
  }

  #resize(scale: number, from: number, to: number): void {
    const counts = new Float64Array(to - from + 1);
    const by = this.#scale - scale;
    for (let i = 0; i < this.#counts.length; i++)
      counts[((this.#low + i) >> by) - from]! += this.#counts[i]!;
    this.#scale = scale;
    this.#low = from;
    this.#counts = counts;
  }
}
