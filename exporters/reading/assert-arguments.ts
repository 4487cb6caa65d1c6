import { type Distribution, isDistribution } from '../reports/distribution.js';
import type { Range } from './percentile-of.js';

/**
 * @param caller as it is written in the application.
 * @param argument its name.
 * @throws TypeError for something other than a distribution or `undefined`.
 */
export function assertDistribution(
  distribution: Distribution | undefined,
  argument: string,
  caller: string,
): void {
  if (distribution === undefined || isDistribution(distribution)) return;
  throw new TypeError(
    `${caller}: ${argument} must be a distribution or undefined: pass report.distribution of what readReports gives, ` +
      '{ scale, zeroCount, offset, counts } or { bounds, counts }.',
  );
}

/** @throws TypeError for something other than a share of values. */
export function assertShare(p: number, caller: string): void {
  if (typeof p !== 'number')
    throw new TypeError(
      `${caller}: p must be a number from 0 to 1: pass 0.95 for the 95th percentile.`,
    );
}

const isLimit = (value: unknown): boolean => value === undefined || typeof value === 'number';

/** @throws TypeError for something other than a least and a greatest value. */
export function assertRange(range: Range, caller: string): void {
  const { min, max } = Object(range) as { min?: unknown; max?: unknown };
  if (typeof range === 'object' && range !== null && isLimit(min) && isLimit(max)) return;
  throw new TypeError(
    `${caller}: range must be { min, max } with numbers: leave out what is not known.`,
  );
}
