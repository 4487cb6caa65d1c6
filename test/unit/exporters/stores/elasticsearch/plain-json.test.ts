import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../../exporters/reports/report.js';
import { toDocument } from '../../../../../exporters/stores/elasticsearch/documents.js';
import { anyJson } from '../../../../../exporters/stores/elasticsearch/encode.js';
import { plainJson } from '../../../../../exporters/stores/elasticsearch/plain-json.js';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '\0', 'a\u2028', '\ud800', 'é', '1', 'value', '_id', 'a.b'),
);
const scalar = fc.oneof(text, fc.double(), fc.boolean(), fc.integer(), fc.constantFrom(-0, 1e21));
const numbers = fc.dictionary(
  fc.oneof(fc.constantFrom('count', 'sum', 'min', 'max', 'mean', 'p50', 'p99'), text),
  fc.oneof(fc.double(), fc.integer(), text),
);
const distribution = fc.oneof(
  fc.record({
    scale: fc.integer({ min: -10, max: 6 }),
    zeroCount: fc.nat(3),
    offset: fc.integer({ min: -500, max: 500 }),
    counts: fc.array(fc.nat(9)),
  }),
  fc
    .uniqueArray(fc.double({ noNaN: true }), { minLength: 1, maxLength: 5 })
    .map((some) => some.sort((a, b) => a - b))
    .map((bounds) => ({ bounds, counts: [...bounds.map((_, i) => i % 3), 2] })),
);
const date = fc.date({ noInvalidDate: true });
const report = fc.record(
  {
    id: text,
    host: text,
    name: text,
    metric: text,
    timestamp: date,
    startTimestamp: date,
    value: fc.oneof(scalar, fc.constant(null), fc.array(scalar), fc.object(), fc.bigInt()),
    fields: numbers,
    distribution,
    tags: fc.oneof(fc.array(text), fc.dictionary(text, scalar)),
    unit: text,
    instance: text,
    appName: text,
  },
  { requiredKeys: ['id', 'host', 'name', 'metric', 'timestamp'] },
) as fc.Arbitrary<Report>;

describe('the JSON of a plain report for Elasticsearch', () => {
  it('is that of its document, whatever report came before', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 4 }), (reports) => {
        for (const one of [...reports, ...reports]) {
          const json = plainJson(one);
          if (json === undefined) continue;
          plain += 1;
          expect(json).to.equal(JSON.stringify(toDocument(one)));
          expect(json).to.equal(anyJson(one));
        }
      }),
      { numRuns: 500 },
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
      { ...common, metric: 'gauge', value: -0.5, tags: ['a', 'b'] },
      { ...common, metric: 'timing', value: 1.5, fields, distribution: buckets, tags, unit: 's' },
      { ...common, metric: 'event', value: 'somebody\n"came"' },
    ];
    for (const one of reports) expect(plainJson(one)).to.equal(JSON.stringify(toDocument(one)));
  });
});
