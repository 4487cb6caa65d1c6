import type { Distribution, ExplicitDistribution } from '../reports/distribution.js';
import { assertDistribution } from './assert-arguments.js';
import { isExponential } from './distribution.js';
import { ExponentialSum } from './exponential-sum.js';

/**
 * Two distributions as one, as if all their values had been recorded together. Exponential ones of
 * different scales are added at the coarser one. Explicit ones with different bounds are added
 * between the bounds that both have: a bucket can be joined with its neighbour, never divided.
 * @returns `undefined` where neither is given, or where one is exponential and the other explicit,
 * which have no bucket in common.
 * @throws TypeError for something other than distributions.
 */
export function mergeDistributions(
  a: Distribution | undefined,
  b: Distribution | undefined,
): Distribution | undefined {
  assertDistribution(a, 'a', 'mergeDistributions()');
  assertDistribution(b, 'b', 'mergeDistributions()');
  if (a === undefined || b === undefined) return a ?? b;
  const sum = new DistributionSum();
  sum.add(a);
  sum.add(b);
  return sum.toDistribution();
}

/**
 * Distributions that are added up one by one; the memory it takes depends on how far the values
 * spread, not on their number.
 */
export class DistributionSum {
  #exponential: ExponentialSum | undefined;
  #explicit: ExplicitDistribution | undefined;

  add(distribution: Distribution): void {
    if (isExponential(distribution)) {
      this.#exponential ??= new ExponentialSum();
      this.#exponential.add(distribution);
    } else
      this.#explicit =
        this.#explicit === undefined ? distribution : mergeExplicit(this.#explicit, distribution);
  }

  /** Adds one value of 0 or more. */
  record(value: number): void {
    this.#exponential ??= new ExponentialSum();
    this.#exponential.record(value);
  }

  /** The sum; `undefined` when nothing was added, or both kinds were. */
  toDistribution(): Distribution | undefined {
    if (this.#exponential === undefined) return this.#explicit;
    return this.#explicit === undefined ? this.#exponential.toDistribution() : undefined;
  }
}

function mergeExplicit(a: ExplicitDistribution, b: ExplicitDistribution): ExplicitDistribution {
  const known = new Set(b.bounds);
  const bounds = a.bounds.filter((bound) => known.has(bound));
  const counts = new Array<number>(bounds.length + 1).fill(0);
  addCoarsened(a, bounds, counts);
  addCoarsened(b, bounds, counts);
  return { bounds, counts };
}

/** Adds the counts to the buckets of fewer bounds. */
function addCoarsened(
  { bounds, counts }: ExplicitDistribution,
  fewer: readonly number[],
  into: number[],
): void {
  let at = 0;
  counts.forEach((count, i) => {
    into[at]! += count;
    if (at < fewer.length && bounds[i] === fewer[at]) at += 1;
  });
}
