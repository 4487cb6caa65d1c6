import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../../exporters/reports/report.js';
import { toDocument } from '../../../../../exporters/stores/elasticsearch/documents.js';
import { anyJson } from '../../../../../exporters/stores/elasticsearch/encode.js';
import { plainJson } from '../../../../../exporters/stores/elasticsearch/plain-json.js';
import {
  someBuckets,
  someReport,
  someText,
  TYPICAL_REPORTS,
} from '../../../../support/some-report.js';

const text = someText('\\', '\0', 'a\u2028', '\ud800', '1', 'value', '_id', 'a.b');
const explicit = fc
  .uniqueArray(fc.double({ noNaN: true }), { minLength: 1, maxLength: 5 })
  .map((some) => some.sort((a, b) => a - b))
  .map((bounds) => ({ bounds, counts: [...bounds.map((_, i) => i % 3), 2] }));
const report = someReport({
  text,
  fields: fc.dictionary(
    fc.oneof(fc.constantFrom('count', 'sum', 'min', 'max', 'mean', 'p50', 'p99'), text),
    fc.oneof(fc.double(), fc.integer(), text),
  ),
  distribution: fc.oneof(someBuckets, explicit),
});

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
    const listed: Report = { ...TYPICAL_REPORTS[1]!, tags: ['a', 'b'] };
    for (const one of [...TYPICAL_REPORTS, listed])
      expect(plainJson(one)).to.equal(JSON.stringify(toDocument(one)));
  });
});
