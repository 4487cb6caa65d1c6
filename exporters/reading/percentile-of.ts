import type {
  Distribution,
  ExplicitDistribution,
  ExponentialDistribution,
} from '../reports/distribution.js';
import { assertDistribution, assertRange, assertShare } from './assert-arguments.js';
import { isExponential } from './distribution.js';

/** The least and the greatest value that was recorded, where they are known. */
export interface Range {
  /** The least value. */
  readonly min?: number | undefined;
  /** The greatest value. */
  readonly max?: number | undefined;
}

/**
 * The value that a share `p` of the values do not exceed, estimated within its bucket:
 * geometrically in exponential buckets (the middle of a narrow one), linearly between explicit
 * bounds.
 * @param p from 0 to 1, `0.95` for the 95th percentile; what is beyond is taken as 0 or 1.
 * @param range bounds the estimate: a bucket holds nothing outside of it.
 * @returns `undefined` for no distribution or an empty one. In a bucket with an open end that
 * `range` does not close: its bound.
 * @throws TypeError for something other than a distribution, a number and a range.
 */
export function percentileOf(
  distribution: Distribution | undefined,
  p: number,
  range: Range = {},
): number | undefined {
  assertDistribution(distribution, 'distribution', 'percentileOf()');
  assertShare(p, 'percentileOf()');
  assertRange(range, 'percentileOf()');
  return percentileIn(distribution, p, range);
}

/** The same of arguments that are known to be sound. */
export function percentileIn(
  distribution: Distribution | undefined,
  p: number,
  range: Range,
): number | undefined {
  if (distribution === undefined || Number.isNaN(p)) return undefined;
  const share = Math.min(1, Math.max(0, p));
  const found = isExponential(distribution)
    ? inExponential(distribution, share, range)
    : inExplicit(distribution, share, range);
  return found === undefined ? undefined : clamp(found, range);
}

/** From this scale on buckets are at most 2.2 % wide. */
const NARROW_SCALE = 5;

const clamp = (value: number, { min = value, max = value }: Range): number =>
  Math.min(Math.max(value, min), Math.max(min, max));

const total = (counts: readonly number[]): number => {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
};

function inExponential(
  { scale, zeroCount, offset, counts }: ExponentialDistribution,
  p: number,
  { min = 0, max = Number.POSITIVE_INFINITY }: Range,
): number | undefined {
  const all = zeroCount + total(counts);
  if (all === 0) return undefined;
  const rank = p * all - zeroCount;
  if (zeroCount > 0 && rank <= 0) return 0;
  const [at, share] = bucketAt(counts, rank);
  const width = 2 ** -scale;
  const lower = Math.max(2 ** ((offset + at) * width), min);
  const upper = Math.min(2 ** ((offset + at + 1) * width), max, Number.MAX_VALUE);
  if (!(lower > 0)) return upper * share;
  if (upper <= lower) return lower;
  // In a narrow bucket the middle is off by 1.1 % at most, wherever the values lie; in a wide one
  // they are taken to lie evenly.
  const isMiddle = scale >= NARROW_SCALE && p > 0 && p < 1;
  return lower * (upper / lower) ** (isMiddle ? 0.5 : share);
}

function inExplicit(
  { bounds, counts }: ExplicitDistribution,
  p: number,
  { min, max }: Range,
): number | undefined {
  const all = total(counts);
  if (all === 0) return undefined;
  const [at, share] = bucketAt(counts, p * all);
  // Most histograms hold nothing below 0.
  const lower = higher(bounds[at - 1] ?? (bounds[0]! > 0 ? 0 : undefined), min);
  const upper = lesser(bounds[at], max);
  if (lower === undefined || upper === undefined) return lower ?? upper;
  return upper <= lower ? lower : lower + (upper - lower) * share;
}

const higher = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
const lesser = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

/** The bucket that a rank falls into, and how far in it lies, 0 to 1. */
function bucketAt(counts: readonly number[], rank: number): [number, number] {
  let before = 0;
  let last = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    last = i;
    if (before + count >= rank) return [i, Math.max(0, (rank - before) / count)];
    before += count;
  }
  return [last, 1];
}
