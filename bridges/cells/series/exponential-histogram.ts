import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { bucketOf } from './bucket-of.js';

/** The most buckets at a fine scale: OpenTelemetry's default for exponential histograms. */
export const BUCKETS = 160;
/** Values that lie far apart take up to so many, before buckets become wider than 2.2 %. */
export const WIDE_BUCKETS = 640;
/** At this scale a bucket is 2.2 % wide, and its middle off by 1.1 % at most. */
const WIDE_SCALE = 5;
const MAX_SCALE = 20;
/**
 * Room for the first few values; most histograms then need all of it, because the scale adapts
 * until the buckets are used.
 */
const INITIAL_BUCKETS = 16;
const moved = new Float64Array(WIDE_BUCKETS);

/**
 * Base-2 exponential histogram of values of 0 or more, as OpenTelemetry defines it: bucket `i` at
 * scale `s` holds values in (b^i, b^(i+1)] with b = 2^(2^-s). The scale starts at 20 and falls when
 * the values spread over more than 160 buckets, below scale 5 over more than 640, which are six
 * decades. So a value read back from the middle of its bucket is off by less than (b - 1) / 2 of
 * itself. Count, sum, min and max are exact.
 *
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export class HistogramCell {
  /** The number of values. */
  count = 0;
  /** The sum of the values. */
  sum = 0;
  /** The least value; infinity while there is none. */
  min = Number.POSITIVE_INFINITY;
  /** The greatest value; minus infinity while there is none. */
  max = Number.NEGATIVE_INFINITY;
  /** The number of values that were 0. */
  zeroCount = 0;
  #scale = MAX_SCALE;
  #counts = new Float64Array(INITIAL_BUCKETS);
  /** The bucket that `#counts[0]` stands for. */
  #offset = 0;
  /** Lowest and highest bucket in use; none while `#low > #high`. */
  #low = 0;
  #high = -1;

  /** The scale of the buckets, 20 or less. */
  get scale(): number {
    return this.#scale;
  }

  /** Adds a finite value of 0 or more, `times` times. */
  record(value: number, times = 1): void {
    this.count += times;
    this.sum += value * times;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (value === 0) {
      this.zeroCount += times;
      return;
    }
    const bucket = bucketOf(value, this.#scale);
    if (bucket >= this.#low && bucket <= this.#high) this.#counts[bucket - this.#offset]! += times;
    else this.#add(bucket, times);
  }

  /** Adds everything that `other` holds. */
  merge(other: HistogramCell): void {
    if (other.count === 0) return;
    this.count += other.count;
    this.sum += other.sum;
    this.zeroCount += other.zeroCount;
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    if (other.#low > other.#high) return;
    if (other.#scale < this.#scale) this.#downscale(this.#scale - other.#scale);
    const shift = (): number => other.#scale - this.#scale;
    this.#fit(other.#low >> shift(), other.#high >> shift());
    const by = shift();
    for (let i = other.#low; i <= other.#high; i++)
      this.#counts[(i >> by) - this.#offset]! += other.#counts[i - other.#offset]!;
  }

  /** Empties the histogram; its arrays are kept, its scale starts again. */
  reset(): void {
    this.count = this.sum = this.zeroCount = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    if (this.#low <= this.#high)
      this.#counts.fill(0, this.#low - this.#offset, this.#high - this.#offset + 1);
    this.#low = 0;
    this.#high = -1;
    this.#scale = MAX_SCALE;
  }

  /** As OpenTelemetry's SDK hands it out: plain, nothing shared with this one. */
  toPoint(): ExponentialHistogram {
    const { count, sum, min, max, zeroCount } = this;
    const bucketCounts: number[] = [];
    for (let i = this.#low; i <= this.#high; i++) {
      const bucketCount = this.#counts[i - this.#offset]!;
      // Whole numbers too are doubles in V8 here; as small integers they take less room, and less
      // time to become JSON.
      const integer = bucketCount | 0;
      bucketCounts.push(integer === bucketCount ? integer : bucketCount);
    }
    return {
      count,
      sum,
      ...(count > 0 && { min, max }),
      scale: this.#scale,
      zeroCount,
      positive: { offset: bucketCounts.length > 0 ? this.#low : 0, bucketCounts },
      negative: { offset: 0, bucketCounts: [] },
    };
  }

  /**
   * Calls `visit` with the middle of each bucket, and how many values it holds, from the lowest up;
   * zeros first.
   */
  eachBucket(visit: (middle: number, count: number) => void): void {
    if (this.zeroCount > 0) visit(0, this.zeroCount);
    for (let i = this.#low; i <= this.#high; i++) {
      const count = this.#counts[i - this.#offset]!;
      if (count > 0) visit(2 ** ((i + 0.5) / 2 ** this.#scale), count);
    }
  }

  #add(bucket: number, times: number): void {
    if (this.#low > this.#high) {
      this.#low = this.#high = bucket;
      this.#offset = bucket - (this.#counts.length >> 1);
    } else {
      const before = this.#scale;
      this.#fit(bucket, bucket);
      bucket >>= before - this.#scale;
    }
    this.#counts[bucket - this.#offset]! += times;
  }

  /**
   * Makes the range hold the buckets from `low` to `high` (of the scale as it is), lowering the
   * scale until that is possible.
   */
  #fit(low: number, high: number): void {
    if (this.#low <= this.#high) {
      low = Math.min(low, this.#low);
      high = Math.max(high, this.#high);
    }
    let shift = 0;
    while ((high >> shift) - (low >> shift) >= mostBuckets(this.#scale - shift)) shift++;
    if (shift > 0) this.#downscale(shift);
    low >>= shift;
    high >>= shift;
    if (low < this.#offset || high >= this.#offset + this.#counts.length) this.#recentre(low, high);
    this.#low = low;
    this.#high = high;
  }

  /** Moves the counts so that there is as much room below `low` as above `high`. */
  #recentre(low: number, high: number): void {
    const before = this.#counts;
    const span = high - low + 1;
    const used = Math.max(0, this.#high - this.#low + 1);
    moved.set(before.subarray(this.#low - this.#offset, this.#low - this.#offset + used));
    if (span > before.length) this.#counts = new Float64Array(roomFor(span));
    else before.fill(0);
    this.#offset = low - ((this.#counts.length - span) >> 1);
    if (used > 0) this.#counts.set(moved.subarray(0, used), this.#low - this.#offset);
  }

  /** Halves the number of buckets `shift` times: bucket `i` becomes part of bucket `i >> shift`. */
  #downscale(shift: number): void {
    this.#scale -= shift;
    if (this.#low > this.#high) return;
    const low = this.#low >> shift;
    moved.fill(0, 0, (this.#high >> shift) - low + 1);
    for (let i = this.#low; i <= this.#high; i++)
      moved[(i >> shift) - low]! += this.#counts[i - this.#offset]!;
    this.#low = low;
    this.#high >>= shift;
    this.#counts.fill(0);
    this.#offset = low - ((this.#counts.length - (this.#high - low + 1)) >> 1);
    this.#counts.set(moved.subarray(0, this.#high - low + 1), low - this.#offset);
  }
}

const mostBuckets = (scale: number): number => (scale > WIDE_SCALE ? BUCKETS : WIDE_BUCKETS);

/** Doubles the room of most histograms until so many buckets fit. */
function roomFor(buckets: number): number {
  let room = BUCKETS;
  while (room < buckets) room *= 2;
  return room;
}
