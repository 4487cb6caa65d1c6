import { expect } from 'chai';
import fc from 'fast-check';
import type { Report } from '../../../../exporters/reports/report.js';
import { toDocument } from '../../../../exporters/stores/logger/documents.js';
import { plainLine } from '../../../../exporters/stores/logger/plain-line.js';
import {
  someBuckets,
  someReport,
  someText,
  TYPICAL_REPORTS,
} from '../../../support/some-report.js';

const text = someText('\\', '"', '\0', 'a\u2028', '\ud800', '1', 'value', 'id', '__proto__');
const report = someReport({
  text,
  fields: fc.dictionary(
    fc.oneof(fc.constantFrom('count', 'sum', 'min', 'max', 'mean', 'p50', 'p99'), text),
    fc.oneof(fc.double(), fc.integer(), text),
  ),
  distribution: someBuckets,
});

const byDocument = (one: Report): string => `${JSON.stringify(toDocument(one))}\n`;

describe('the line of a plain report in a log file', () => {
  it('is that of its document, whatever report came before', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 4 }), (reports) => {
        for (const one of [...reports, ...reports]) {
          const line = plainLine(one);
          if (line === undefined) continue;
          plain += 1;
          expect(line).to.equal(byDocument(one));
        }
      }),
      { numRuns: 500 },
    );
    expect(plain).to.be.above(100);
  });

  it('is made for what metrics report: counters, gauges, timings, events', () => {
    const listed: Report = { ...TYPICAL_REPORTS[1]!, tags: ['a', 'b'] };
    const bare: Report = { ...TYPICAL_REPORTS[1]!, tags: {} };
    for (const one of [...TYPICAL_REPORTS, listed, bare])
      expect(plainLine(one)).to.equal(byDocument(one));
  });

  it('is not made for fields that would hide others, and objects', () => {
    const [, one] = TYPICAL_REPORTS;
    for (const more of [
      { fields: { value: 1 } },
      { fields: { id: 1 } },
      { fields: { 1: 1 } },
      { value: { a: 1 } },
      { value: 2n ** 60n },
    ])
      expect(plainLine({ ...one!, ...more })).to.equal(undefined);
  });
});
