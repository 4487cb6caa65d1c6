import fc from 'fast-check';
import type { Distribution } from '../../exporters/reports/distribution.js';
import type { Report } from '../../exporters/reports/report.js';

/** Any text, and those that a store may stumble over. */
export const someText = (...hard: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', '"', 'é', ...hard));

/** The values that a tag may have. */
export const someScalar = (text: fc.Arbitrary<string>): fc.Arbitrary<string | number | boolean> =>
  fc.oneof(text, fc.double(), fc.boolean(), fc.integer(), fc.constantFrom(-0, 1e21));

export const someBuckets = fc.record({
  scale: fc.integer({ min: -10, max: 6 }),
  zeroCount: fc.nat(3),
  offset: fc.integer({ min: -500, max: 500 }),
  counts: fc.array(fc.nat(9)),
});

/** Parts of a report that a store takes in its own way. */
export interface Parts {
  readonly text: fc.Arbitrary<string>;
  readonly fields: fc.Arbitrary<Record<string, unknown>>;
  readonly distribution: fc.Arbitrary<Distribution>;
  /** Instead of `text`. */
  readonly id?: fc.Arbitrary<string>;
  readonly metric?: fc.Arbitrary<string>;
}

/** A report in which everything may be there or not, and be of any kind. */
export function someReport({
  text,
  fields,
  distribution,
  id = text,
  metric = text,
}: Parts): fc.Arbitrary<Report> {
  const scalar = someScalar(text);
  const date = fc.date({ noInvalidDate: true });
  return fc.record(
    {
      id,
      host: text,
      name: text,
      metric,
      timestamp: date,
      startTimestamp: date,
      value: fc.oneof(scalar, fc.constant(null), fc.array(scalar), fc.object(), fc.bigInt()),
      fields,
      distribution,
      tags: fc.oneof(fc.array(text), fc.dictionary(text, scalar)),
      unit: text,
      instance: text,
      appName: text,
    },
    { requiredKeys: ['id', 'host', 'name', 'metric', 'timestamp'] },
  ) as fc.Arbitrary<Report>;
}

const common = { id: 'i', host: 'h', name: 'n', timestamp: new Date(), instance: 'h:1' };
const tags = { route: '/', status: 200, cached: true };
const fields = { count: 2, sum: 3, min: 1, max: 2, mean: 1.5, p50: 1, p90: 2, p95: 2, p99: 2 };
const distribution = { scale: 3, zeroCount: 0, offset: 0, counts: [1, 0, 1] };

/** The kinds of report that metrics make: a counter, a gauge, a timing, an event. */
export const TYPICAL_REPORTS: readonly Report[] = [
  { ...common, metric: 'counter', value: 1, tags, startTimestamp: new Date() },
  { ...common, metric: 'gauge', value: -0.5, tags },
  { ...common, metric: 'timing', value: 1.5, fields, distribution, tags, unit: 's' },
  { ...common, metric: 'event', value: 'somebody\n"came"', appName: 'shop' },
];
