import {
  type Distribution,
  type ExplicitDistribution,
  type ExponentialDistribution,
  MAX_STORED_SCALE,
} from '../../reports/distribution.js';

/** The value of a field of type `histogram`: values, ascending, and the count of each. */
export interface HistogramField {
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

/** The least and the greatest value that was recorded, where they are known. */
export interface Range {
  readonly min?: unknown;
  readonly max?: unknown;
}

/**
 * Enough to name one of the finest buckets that are stored; more would only make documents longer.
 */
const DIGITS = 4;
/**
 * The middles of buckets that are remembered: few are in use, and to round one takes longer than
 * all else.
 */
const MAX_KNOWN_MIDDLES = 10_000;
const middles = new Map<number, number>();
/** More than there are scales: with it a number names scale and bucket. */
const SCALES = 64;

/**
 * A distribution as a `histogram` field: of each bucket that holds something a value from its
 * middle, never outside of `range`.
 * @returns nothing for an empty distribution, which the field refuses.
 */
export function toHistogramField(
  distribution: Distribution,
  range: Range = {},
): HistogramField | undefined {
  const field = { values: [] as number[], counts: [] as number[] };
  const least = numberOr(range.min, Number.NEGATIVE_INFINITY);
  const greatest = numberOr(range.max, Number.POSITIVE_INFINITY);
  const add = (value: number, count: number): void => {
    field.values.push(Math.min(Math.max(value, least), Math.max(least, greatest)));
    field.counts.push(count);
  };
  if ('bounds' in distribution) addExplicit(distribution, range, add);
  else addExponential(distribution, add);
  return field.values.length === 0 ? undefined : field;
}

type Add = (value: number, count: number) => void;

const numberOr = (value: unknown, other: number): number =>
  typeof value === 'number' ? value : other;

function addExponential({ scale, zeroCount, offset, counts }: ExponentialDistribution, add: Add) {
  if (zeroCount > 0) add(0, zeroCount);
  for (let i = 0; i < counts.length; i++)
    if (counts[i]! > 0) add(middleOf(scale, offset + i), counts[i]!);
}

/** The geometric middle of an exponential bucket, rounded to where it still lies well within. */
function middleOf(scale: number, index: number): number {
  const key = index * SCALES + scale;
  let middle = middles.get(key);
  if (middle === undefined) {
    const exact = 2 ** ((index + 0.5) * 2 ** -scale);
    middle = Number(Math.min(exact, Number.MAX_VALUE).toPrecision(DIGITS));
    if (middles.size >= MAX_KNOWN_MIDDLES) middles.clear();
    middles.set(key, middle);
  }
  return middle;
}

/**
 * The middle between two bounds; in a bucket with an open end that `range` does not close its
 * bound, or above the last one what comes next to it.
 */
function addExplicit({ bounds, counts }: ExplicitDistribution, range: Range, add: Add): void {
  counts.forEach((count, i) => {
    if (count === 0) return;
    const lower = bounds[i - 1] ?? numberOr(range.min, bounds[i] ?? 0);
    const upper = bounds[i] ?? numberOr(range.max, bounds.length === 0 ? lower : nextAbove(lower));
    const middle = lower + (upper - lower) / 2;
    // Between neighbouring doubles is none.
    add(middle > lower ? middle : upper, count);
  });
}

const nextAbove = (value: number): number =>
  value + Math.max(Math.abs(value) * 2 * Number.EPSILON, Number.MIN_VALUE * 2);

/** The buckets that a field was made of, as they are stored beside it. */
export interface StoredBuckets {
  /** Of exponential buckets. */
  readonly scale?: number | undefined;
  /** Of explicit buckets. */
  readonly bounds?: readonly number[] | undefined;
}

/**
 * The distribution of a `histogram` field. One of another writer, who does not say what its buckets
 * were, has its values in the finest buckets that are stored: those of several fields add up.
 */
export function fromHistogramField(
  { values, counts }: HistogramField,
  { scale, bounds }: StoredBuckets = {},
): Distribution {
  if (scale !== undefined) return inBuckets(values, counts, scale);
  if (bounds !== undefined) return betweenBounds(values, counts, bounds);
  const isNegative = values[0] !== undefined && values[0] < 0;
  return isNegative ? between(values, counts) : inBuckets(values, counts, MAX_STORED_SCALE);
}

/** No two of the values lie in one bucket. */
function betweenBounds(
  values: readonly number[],
  given: readonly number[],
  bounds: readonly number[],
): ExplicitDistribution {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let at = 0;
  values.forEach((value, i) => {
    while (at < bounds.length && value > bounds[at]!) at += 1;
    counts[at]! += given[i]!;
  });
  return { bounds: [...bounds], counts };
}

function between(values: readonly number[], counts: readonly number[]): ExplicitDistribution {
  const bounds = values.slice(1).map((value, i) => values[i]! + (value - values[i]!) / 2);
  return { bounds, counts: [...counts] };
}

function inBuckets(
  values: readonly number[],
  given: readonly number[],
  scale: number,
): ExponentialDistribution {
  const indexOf = (value: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1;
  const zeros = values[0] === 0 ? 1 : 0;
  const offset = values.length > zeros ? indexOf(values[zeros]!) : 0;
  const counts: number[] = [];
  for (let i = zeros; i < values.length; i++) {
    const at = indexOf(values[i]!) - offset;
    while (counts.length <= at) counts.push(0);
    counts[at]! += given[i]!;
  }
  return { scale, zeroCount: zeros > 0 ? given[0]! : 0, offset, counts };
}
