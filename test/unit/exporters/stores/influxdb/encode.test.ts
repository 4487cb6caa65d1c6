import { expect } from 'chai';
import fc from 'fast-check';
import { toLine } from '../../../../../exporters/stores/influxdb/documents.js';
import { encode, plainLine } from '../../../../../exporters/stores/influxdb/encode.js';
import {
  someBuckets,
  someReport,
  someScalar,
  someText,
  TYPICAL_REPORTS,
} from '../../../../support/some-report.js';

const text = someText('\\', 'a\\ b', 'a\\', '#x', 'a=b,c d', '\n', 'instance', 'host');
const report = someReport({
  text,
  id: fc.oneof(fc.uuid(), text),
  metric: fc.oneof(text, fc.constantFrom('counter', 'timing')),
  fields: fc.dictionary(fc.oneof(text, fc.constantFrom('count', 'p50')), someScalar(text)),
  distribution: someBuckets,
});
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
          const wanted = line(() => toLine(one, given, given));
          expect(line(() => encode(one, given, given))).to.equal(wanted);
          if (line(() => plainLine(one, given, given)) !== undefined) plain += 1;
        }
      }),
      { numRuns: 1_000 },
    );
    expect(plain).to.be.above(100);
  });

  it('is made for what metrics report: counters, gauges, timings, events', () => {
    const given = { nameAsTag: false, numberType: () => undefined };
    for (const one of TYPICAL_REPORTS)
      expect(plainLine(one, given, given)).to.equal(toLine(one, given, given));
  });
});
