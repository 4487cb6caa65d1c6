import type { HrTime } from '@opentelemetry/api';
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import { type ExponentialSide, rescale } from './exponential-buckets.js';

type Distribution = Histogram | ExponentialHistogram;

interface Last {
  start: HrTime;
  value: number | Distribution;
  seen: number;
}

/**
 * A series that was missing from this many collections is forgotten; its producer would start it
 * again.
 */
const KEPT_COLLECTIONS = 1_024;

/**
 * The increase of cumulative series since their last export, so that reports add up. A series seen
 * for the first time, or started again, counts from its start time.
 */
export class Deltas {
  readonly #last = new Map<number, Last>();
  #collection = 0;
  /** A series of the collection was cumulative: others do not age those that are. */
  #used = false;

  sum(series: number, start: HrTime, value: number, monotonic: boolean): number {
    const last = this.#replace(series, start, value);
    if (typeof last !== 'number' || (monotonic && value < last)) return value;
    return value - last;
  }

  histogram(series: number, start: HrTime, value: Distribution): Distribution {
    const last = this.#replace(series, start, value);
    if (last === undefined || typeof last === 'number' || value.count < last.count) return value;
    if (value.count === last.count) return { ...value, count: 0 };
    if ('buckets' in value) return 'buckets' in last ? explicitSince(value, last) : value;
    return 'buckets' in last ? value : exponentialSince(value, last);
  }

  /** A collection has been gone through. */
  exported(): void {
    if (!this.#used) return;
    this.#used = false;
    this.#collection += 1;
    if (this.#collection % KEPT_COLLECTIONS !== 0) return;
    for (const [series, { seen }] of this.#last) {
      if (seen < this.#collection - KEPT_COLLECTIONS) this.#last.delete(series);
    }
  }

  /** Remembers a value and returns the one before it, unless that had another start. */
  #replace(
    series: number,
    start: HrTime,
    value: number | Distribution,
  ): number | Distribution | undefined {
    this.#used = true;
    const last = this.#last.get(series);
    if (last === undefined) {
      this.#last.set(series, { start, value, seen: this.#collection });
      return undefined;
    }
    const before =
      last.start[0] === start[0] && last.start[1] === start[1] ? last.value : undefined;
    last.start = start;
    last.value = value;
    last.seen = this.#collection;
    return before;
  }
}

const difference = (now: number | undefined, before: number | undefined): number | undefined =>
  now === undefined || before === undefined ? now : now - before;

function explicitSince(value: Histogram, last: Histogram): Histogram {
  const same =
    value.buckets.boundaries.length === last.buckets.boundaries.length &&
    value.buckets.boundaries.every((boundary, i) => boundary === last.buckets.boundaries[i]);
  if (!same) return value;
  const counts = value.buckets.counts.map((count, i) =>
    Math.max(0, count - (last.buckets.counts[i] ?? 0)),
  );
  const { boundaries } = value.buckets;
  const first = counts.findIndex((count) => count > 0);
  const final = counts.findLastIndex((count) => count > 0);
  return differenceWithin(
    value,
    last,
    { buckets: { boundaries, counts } },
    boundaries[first - 1],
    boundaries[final],
  );
}

function exponentialSince(
  value: ExponentialHistogram,
  last: ExponentialHistogram,
): ExponentialHistogram {
  const scale = Math.min(value.scale, last.scale);
  const side = (key: 'positive' | 'negative') =>
    subtract(rescale(value[key], value.scale - scale), rescale(last[key], last.scale - scale));
  const [positive, negative] = [side('positive'), side('negative')];
  const zeroCount = Math.max(0, value.zeroCount - last.zeroCount);
  const width = 2 ** -scale;
  const bound = (index: number): number => 2 ** (index * width);
  const first = positive.bucketCounts.findIndex((count) => count > 0);
  const final = positive.bucketCounts.findLastIndex((count) => count > 0);
  const onlyPositive = zeroCount === 0 && !negative.bucketCounts.some((count) => count > 0);
  const lower = onlyPositive ? bound(positive.offset + first) : undefined;
  const upper = final < 0 ? undefined : bound(positive.offset + final + 1);
  return differenceWithin(value, last, { scale, zeroCount, positive, negative }, lower, upper);
}

/**
 * Count and sum of the difference; its smallest and largest value are known only as far as its
 * buckets tell.
 */
function differenceWithin<T extends Distribution>(
  value: T,
  last: T,
  buckets: Partial<T>,
  lower: number | undefined,
  upper: number | undefined,
): T {
  const since = { ...value, ...buckets, count: value.count - last.count };
  const sum = difference(value.sum, last.sum);
  if (sum !== undefined) since.sum = sum;
  if (since.min !== undefined && lower !== undefined) since.min = Math.max(since.min, lower);
  if (since.max !== undefined && upper !== undefined) since.max = Math.min(since.max, upper);
  return since;
}

function subtract(now: ExponentialSide, before: ExponentialSide): ExponentialHistogram['positive'] {
  const shift = now.offset - before.offset;
  return {
    offset: now.offset,
    bucketCounts: now.bucketCounts.map((count, i) =>
      Math.max(0, count - (before.bucketCounts[i + shift] ?? 0)),
    ),
  };
}
