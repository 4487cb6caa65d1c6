/**
 * The common part of both kinds of OpenTelemetry histogram, and each bucket's lower and upper bound
 * with its count, ascending.
 */
export interface Buckets {
  readonly count: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** Bounds and count of each bucket that holds something, ascending. */
  readonly filled: readonly Bucket[];
}

interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/**
 * A positive bucket whose bounds are computed when they are asked for: percentiles look at very few
 * of them.
 */
class PositiveBucket implements Bucket {
  readonly #index: number;
  readonly #width: number;
  readonly count: number;

  constructor(index: number, width: number, count: number) {
    this.#index = index;
    this.#width = width;
    this.count = count;
  }

  get lower(): number {
    return 2 ** (this.#index * this.#width);
  }

  get upper(): number {
    return 2 ** ((this.#index + 1) * this.#width);
  }
}

/** An explicit histogram's value, as both lines of the SDK hand it out. */
export interface ExplicitValue {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
  readonly count: number;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** An exponential histogram's value, as both lines of the SDK hand it out. */
export interface ExponentialValue {
  readonly count: number;
  readonly sum?: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly number[] };
  readonly negative: { readonly offset: number; readonly bucketCounts: readonly number[] };
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/**
 * Buckets between explicit boundaries; the first and the last reach to min and max where those are
 * known.
 */
export function explicitBuckets(value: ExplicitValue): Buckets {
  const { boundaries, counts } = value.buckets;
  const filled: { lower: number; upper: number; count: number }[] = [];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (!(count > 0)) continue;
    const upper = boundaries[i] ?? value.max ?? boundaries.at(-1) ?? 0;
    const lower = i > 0 ? boundaries[i - 1]! : (value.min ?? Math.min(0, upper));
    filled.push({ lower, upper, count });
  }
  return { count: value.count, min: value.min, max: value.max, filled };
}

/**
 * Bucket `i` of scale `s` covers what is above b^i and at most b^(i + 1), b = 2^(2^-s); see
 * OpenTelemetry's data model.
 */
export function exponentialBuckets(value: ExponentialValue): Buckets {
  const filled: Bucket[] = [];
  const width = 2 ** -value.scale;
  const bound = (index: number): number => 2 ** (index * width);
  const negative = value.negative.bucketCounts;
  for (let i = negative.length - 1; i >= 0; i--) {
    const index = value.negative.offset + i;
    if (negative[i]! > 0)
      filled.push({ lower: -bound(index + 1), upper: -bound(index), count: negative[i]! });
  }
  if (value.zeroCount > 0) filled.push({ lower: 0, upper: 0, count: value.zeroCount });
  const positive = value.positive.bucketCounts;
  for (let i = 0; i < positive.length; i++) {
    if (positive[i]! > 0)
      filled.push(new PositiveBucket(value.positive.offset + i, width, positive[i]!));
  }
  return { count: value.count, min: value.min, max: value.max, filled };
}

/**
 * Quantiles estimated from buckets: linear within the bucket that the rank falls into, never
 * outside min and max.
 * @param quantiles ascending, each from 0 to 1.
 */
export function quantiles(buckets: Buckets, wanted: readonly number[]): number[] {
  const found: number[] = [];
  let before = 0;
  let at = 0;
  for (const quantile of wanted) {
    const rank = quantile * buckets.count;
    while (at < buckets.filled.length - 1 && before + buckets.filled[at]!.count < rank) {
      before += buckets.filled[at]!.count;
      at += 1;
    }
    const bucket = buckets.filled[at];
    if (bucket === undefined) return [];
    // The bucket holds nothing outside min and max, so the interpolation starts and ends there.
    const lower = Math.max(bucket.lower, buckets.min ?? bucket.lower);
    const upper = Math.min(bucket.upper, buckets.max ?? bucket.upper);
    const share = Math.min(1, Math.max(0, (rank - before) / bucket.count));
    found.push(
      upper < lower
        ? Math.min(Math.max(lower, buckets.min ?? lower), buckets.max ?? lower)
        : lower + (upper - lower) * share,
    );
  }
  return found;
}
