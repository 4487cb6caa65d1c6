import {
  type Distribution,
  type ExponentialDistribution,
  isDistribution,
} from '../reports/distribution.js';

export const isExponential = (
  distribution: Distribution,
): distribution is ExponentialDistribution => 'scale' in distribution;

/** A value read from a store as a distribution; `undefined` for anything that is none. */
export const asDistribution = (value: unknown): Distribution | undefined =>
  isDistribution(value) ? value : undefined;

/** Tells whether a distribution has percentiles: a bucket without bounds may hold any values. */
export const hasBounds = (distribution: Distribution): boolean =>
  isExponential(distribution) || distribution.bounds.length > 0;
