import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import { type ExponentialSide, rescale } from './exponential-buckets.js';
import { exponentialBuckets } from './percentiles.js';

/**
 * The counts of values in OpenTelemetry's exponential buckets: `counts[i]` values were above
 * b^(offset + i) and at most b^(offset + i + 1), with b = 2^(2^-scale); `zeroCount` values were 0.
 * No value is negative.
 */
export interface ExponentialDistribution {
  /** The scale of the buckets. */
  scale: number;
  /** The number of values that were 0. */
  zeroCount: number;
  /** The index of the first bucket in `counts`. */
  offset: number;
  /** The number of values in each bucket. */
  counts: number[];
}

/**
 * The counts of values between explicit bounds: `counts[i]` values were above `bounds[i - 1]` and
 * at most `bounds[i]`, so that there is one count more than there are bounds.
 */
export interface ExplicitDistribution {
  /** The bounds, each above the one before. */
  bounds: number[];
  /** The number of values in each bucket. */
  counts: number[];
}

/** The values of an interval in buckets. Two of them add up, over processes, intervals and tags. */
export type Distribution = ExponentialDistribution | ExplicitDistribution;

/**
 * The finest buckets that are stored: a value is known within 1.1 per cent, and most distributions
 * take few of them.
 */
export const MAX_STORED_SCALE = 6;

/** A distribution of at least this many values may be long: one report stands for them all. */
const MAX_SHORTENED_VALUES = 2_000;
/**
 * A distribution with at most this many filled buckets is not shortened: only its empty buckets
 * make it long.
 */
const MAX_KEPT_FILLED = 16;
/** Empty buckets count too: with more buckets than this, it is shortened after all. */
const MAX_KEPT_BUCKETS = 160;
/**
 * Characters that the counts of any other distribution take, at most, so that a timing does not
 * double its size.
 */
const MAX_CHARACTERS = 280;
/** The number of times that the buckets are halved for that, at most. */
const MAX_HALVINGS = 3;

/**
 * A histogram's buckets as they are stored, at most as fine as {@link MAX_STORED_SCALE}, and as
 * coarse as it takes to keep a report of few values short. An exponential histogram that has
 * negative values comes with explicit bounds, which are those of its buckets.
 * @returns nothing for buckets that are not finite numbers.
 */
export function distributionOf(value: Histogram | ExponentialHistogram): Distribution | undefined {
  const distribution = 'buckets' in value ? explicit(value) : exponential(value);
  return isDistribution(distribution) ? distribution : undefined;
}

const explicit = ({ buckets: { boundaries, counts } }: Histogram): ExplicitDistribution => ({
  bounds: [...boundaries],
  counts: [...counts],
});

function exponential(value: ExponentialHistogram): Distribution {
  const steps = Math.max(0, value.scale - MAX_STORED_SCALE);
  const scale = value.scale - steps;
  const positive = rescale(value.positive, steps);
  if (value.negative.bucketCounts.some((count) => count > 0)) {
    const negative = rescale(value.negative, steps);
    return explicitOf({ ...value, scale, positive, negative });
  }
  let found = trimBuckets(positive);
  let coarser = 0;
  while (
    coarser < MAX_HALVINGS &&
    value.count < MAX_SHORTENED_VALUES &&
    !isShort(found.bucketCounts)
  ) {
    found = trimBuckets(rescale(found, 1));
    coarser += 1;
  }
  return exponentialOf(scale - coarser, value.zeroCount, found);
}

const exponentialOf = (
  scale: number,
  zeroCount: number,
  { offset, bucketCounts: counts }: ExponentialSide,
): ExponentialDistribution => ({ scale, zeroCount, offset, counts });

/** Without the empty buckets at both ends. */
function trimBuckets({ bucketCounts, offset }: ExponentialSide): ExponentialSide {
  let first = 0;
  let end = bucketCounts.length;
  while (first < end && bucketCounts[first] === 0) first += 1;
  while (end > first && bucketCounts[end - 1] === 0) end -= 1;
  return {
    offset: first === end ? 0 : offset + first,
    bucketCounts: bucketCounts.slice(first, end),
  };
}

/** Counts the digits and commas that the counts take. */
function isShort(counts: readonly number[]): boolean {
  let characters = 2 * counts.length;
  if (characters <= MAX_CHARACTERS / 2) return true;
  let filled = 0;
  for (const count of counts) {
    if (count > 0) filled += 1;
    if (count >= 10) characters += Math.floor(Math.log10(count));
  }
  const few = filled <= MAX_KEPT_FILLED && counts.length <= MAX_KEPT_BUCKETS;
  return few || characters <= MAX_CHARACTERS;
}

/** Explicit bounds at the edges of the buckets that hold something. */
function explicitOf(value: ExponentialHistogram): ExplicitDistribution {
  const bounds: number[] = [];
  const counts: number[] = [];
  for (const { lower, upper, count } of exponentialBuckets(value).filled) {
    // A bucket of zeros alone has no width: bounds must ascend.
    const from = lower < upper ? lower : -Number.MIN_VALUE;
    if (bounds.length === 0 || from > bounds.at(-1)!) {
      bounds.push(from);
      counts.push(0);
    }
    bounds.push(upper);
    counts.push(count);
  }
  return { bounds, counts: [...counts, 0] };
}

/** The scales that OpenTelemetry has. */
const MIN_SCALE = -10;
export const MAX_SCALE = 20;
/** No double is further from 1 than this power of two. */
const MAX_EXPONENT = 1_100;

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/**
 * Tells whether a value from elsewhere is a {@link Distribution}: its shape, and that its numbers
 * are such that a double can lie in each bucket.
 */
export function isDistribution(value: unknown): value is Distribution {
  if (typeof value !== 'object' || value === null) return false;
  const { counts } = value as { counts?: unknown };
  if (!Array.isArray(counts) || !counts.every(isCount)) return false;
  return 'bounds' in value
    ? isSoundExplicit(value, counts.length)
    : isSoundExponential(value as Record<string, unknown>, counts.length);
}

function isSoundExponential(
  { scale, zeroCount, offset }: Readonly<Record<string, unknown>>,
  buckets: number,
): boolean {
  if (!isCount(zeroCount) || !Number.isInteger(scale) || !Number.isInteger(offset)) return false;
  const [power, from] = [scale as number, offset as number];
  if (power < MIN_SCALE || power > MAX_SCALE) return false;
  const furthest = MAX_EXPONENT * 2 ** Math.max(0, power);
  return from >= -furthest && from + buckets <= furthest;
}

function isSoundExplicit({ bounds }: { bounds: unknown }, buckets: number): boolean {
  return (
    Array.isArray(bounds) &&
    bounds.length === buckets - 1 &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]))
  );
}
