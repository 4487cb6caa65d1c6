import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../../exporters/reports/report.js';
import { toLine } from '../../../../../exporters/stores/influxdb/documents.js';
import { encode, plainLine } from '../../../../../exporters/stores/influxdb/encode.js';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\\', 'a\\ b', 'a\\', '#x', 'a=b,c d', '"', '\n', 'instance', 'host', 'é'),
);
const scalar = fc.oneof(text, fc.double(), fc.boolean(), fc.integer(), fc.constantFrom(-0, 1e21));
const date = fc.date({ noInvalidDate: true });
const report = fc.record(
  {
    id: fc.oneof(fc.uuid(), text),
    host: text,
    name: text,
    metric: fc.oneof(text, fc.constantFrom('counter', 'timing')),
    timestamp: date,
    startTimestamp: date,
    value: fc.oneof(scalar, fc.constant(null), fc.array(scalar), fc.object(), fc.bigInt()),
    fields: fc.dictionary(fc.oneof(text, fc.constantFrom('count', 'p50')), scalar),
    distribution: fc.record({
      scale: fc.integer({ min: -10, max: 6 }),
      zeroCount: fc.nat(3),
      offset: fc.integer({ min: -500, max: 500 }),
      counts: fc.array(fc.nat(9)),
    }),
    tags: fc.oneof(fc.array(text), fc.dictionary(text, scalar)),
    instance: text,
    appName: text,
  },
  { requiredKeys: ['id', 'host', 'name', 'metric', 'timestamp'] },
) as fc.Arbitrary<Report>;
const encoding = fc.record({
  nameAsTag: fc.boolean(),
  instanceAsTag: fc.boolean(),
  numbersOnly: fc.boolean(),
  tagsAreColumns: fc.boolean(),
  numberType: fc.constantFrom(
    () => undefined,
    () => 'integer' as const,
    () => 'float' as const,
  ),
  isTaken: fc.constantFrom(
    () => false,
    () => true,
  ),
});

/** The line, or that it is refused. */
function line(make: () => string | undefined): string | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).to.have.property('code', 'KANEDA_REJECTED');
    return 'refused';
  }
}

describe('the line of a plain report for InfluxDB', () => {
  it('is that of its document, whatever report came before', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 4 }), encoding, (reports, given) => {
        for (const one of [...reports, ...reports]) {
          const wanted = line(() => toLine(one, given));
          expect(line(() => encode(one, given, given))).to.equal(wanted);
          if (line(() => plainLine(one, given, given)) !== undefined) plain += 1;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(plain).to.be.above(100);
  });

  it('is made for what metrics report: counters, gauges, timings, events', () => {
    const common = { id: 'i', host: 'h', name: 'n', timestamp: new Date(), instance: 'h:1' };
    const tags = { route: '/', status: 200, cached: true };
    const fields = { count: 2, sum: 3, min: 1, max: 2, mean: 1.5, p50: 1, p90: 2, p95: 2, p99: 2 };
    const buckets = { scale: 3, zeroCount: 0, offset: 0, counts: [1, 0, 1] };
    const reports: Report[] = [
      { ...common, metric: 'counter', value: 1, tags, startTimestamp: new Date() },
      { ...common, metric: 'timing', value: 1.5, fields, distribution: buckets, tags, unit: 's' },
      { ...common, metric: 'event', value: 'somebody "came"', appName: 'shop' },
    ];
    const given = { nameAsTag: false, numberType: () => undefined };
    for (const one of reports) expect(plainLine(one, given, given)).to.equal(toLine(one, given));
  });
});
