import { asDistribution } from '../../../exporters/reading/distribution.js';
import type { Distribution } from '../../../exporters/reports/distribution.js';
import type { Report } from '../../../exporters/reports/report.js';
import { numberOf } from './amount.js';

/** Values of an interval, as a report has them. A number that it does not tell is `NaN`. */
export interface Values {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly distribution: Distribution | undefined;
}

/** The metrics whose reports hold values of an interval. */
export const TIMINGS: ReadonlySet<string> = new Set(['timing', 'histogram']);

/** Returns the values of an aggregated timing; `undefined` for a single value. */
export function valuesOf({ fields, distribution }: Report): Values | undefined {
  const number = (name: string): number => numberOf(fields?.[name]) ?? Number.NaN;
  const count = number('count');
  if (!(count >= 0)) return undefined;
  if (count === 0) return NO_VALUES;
  const sum = number('sum');
  return {
    count,
    sum: Number.isNaN(sum) ? number('mean') * count : sum,
    min: number('min'),
    max: number('max'),
    distribution: asDistribution(distribution),
  };
}

const NO_VALUES: Values = {
  count: 0,
  sum: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  distribution: undefined,
};
