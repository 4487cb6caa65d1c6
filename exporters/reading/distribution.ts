import type { Distribution, ExponentialDistribution } from '../reports/distribution.js';

/** The scales that OpenTelemetry has. */
const MIN_SCALE = -10;
export const MAX_SCALE = 20;
/** No double is further from 1 than this power of two. */
const MAX_EXPONENT = 1_100;

export const isExponential = (
  distribution: Distribution,
): distribution is ExponentialDistribution => 'scale' in distribution;

/** A value read from a store as a distribution; `undefined` for anything that is none. */
export function asDistribution(value: unknown): Distribution | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { counts } = value as { counts?: unknown };
  if (!Array.isArray(counts) || !counts.every(isCount)) return undefined;
  return isSoundExponential(value as Record<string, unknown>, counts.length) ||
    isSoundExplicit(value as Record<string, unknown>, counts.length)
    ? (value as Distribution)
    : undefined;
}

const isCount = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

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

function isSoundExplicit({ bounds }: Readonly<Record<string, unknown>>, buckets: number): boolean {
  return (
    Array.isArray(bounds) &&
    bounds.length === buckets - 1 &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]))
  );
}
