import { expect } from 'chai';
import fc from 'fast-check';
import { reportOf } from '../../../../exporters/reading/from-document.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { toLine } from '../../../../exporters/stores/logger/documents.js';
import { LineScanner } from '../../../../exporters/stores/logger/line-scanner.js';
import { summarize } from '../../../../src/reading/summarize.js';
import { anyReport, finite, text } from '../../../support/any-report.js';

const distribution = fc.record({
  scale: fc.integer({ min: -10, max: 6 }),
  zeroCount: fc.nat(100),
  offset: fc.integer({ min: -500, max: 500 }),
  counts: fc.array(fc.nat(10), { maxLength: 20 }),
});
const timing = fc.record(
  {
    count: fc.nat(),
    sum: finite,
    min: finite,
    max: finite,
    mean: finite,
    p95: finite,
    custom: fc.object({ maxDepth: 2 }),
  },
  { requiredKeys: [] },
);
const report = anyReport({
  value: fc.oneof(finite, text, fc.boolean(), fc.constant(null)),
  fields: timing,
  distribution,
});

const scanner = new LineScanner();
const scanned = (line: string): Report | undefined => {
  const bytes = Buffer.from(`before\n${line}\nafter`);
  return scanner.scan(bytes, 7, bytes.length - 6);
};
const parsed = (line: string): Report | undefined => reportOf(JSON.parse(line), '');

describe("The log file's scanner", () => {
  it('sees in a line what a summary looks at, exactly as JSON.parse does, or leaves it to it', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 5 }), (reports) => {
        const lines = reports.map((one) => (toLine(one) as string).trimEnd());
        const fast = lines.map((line) => scanned(line) ?? parsed(line)!);
        taken += lines.filter((line) => scanned(line) !== undefined).length;
        const by = ['a', 'host', 'instance', 'app_name'];
        const slow = lines.map((line) => parsed(line)!);
        expect(summarize(fast, { by, step: '1h' })).to.deep.equal(
          summarize(slow, { by, step: '1h' }),
        );
      }),
      { numRuns: 500 },
    );
    expect(taken).to.be.above(300);
  });

  it('takes the lines that applications write', () => {
    const line = toLine({
      id: 'x',
      name: 'shop.duration',
      metric: 'timing',
      value: 1.5,
      fields: { count: 2, sum: 3.0000000000000004, min: 1e-7, max: 2, mean: 1.5, p50: 1 },
      distribution: { scale: 3, zeroCount: 0, offset: -1, counts: [1, 0, 1] },
      tags: { route: '/ü', status: 500 },
      unit: 's',
      instance: 'h:1',
      host: 'h',
      timestamp: new Date('2026-02-28T23:59:59.999Z'),
      startTimestamp: new Date('2026-02-28T23:59:49.999Z'),
    }) as string;
    const { id: _, ...found } = scanned(line.trimEnd())!;
    expect(found).to.deep.equal({
      name: 'shop.duration',
      metric: 'timing',
      fields: { count: 2, sum: 3.0000000000000004, min: 1e-7, max: 2 },
      distribution: { scale: 3, zeroCount: 0, offset: -1, counts: [1, 0, 1] },
      tags: { route: '/ü', status: 500 },
      unit: 's',
      instance: 'h:1',
      host: 'h',
      timestamp: new Date('2026-02-28T23:59:59.999Z'),
      startTimestamp: new Date('2026-02-28T23:59:49.999Z'),
    });
  });

  it('leaves lines that are cut or damaged to JSON.parse', () => {
    const line = (
      toLine({
        id: 'x',
        name: 'n',
        metric: 'counter',
        value: 12,
        tags: { a: 'b' },
        host: 'h',
        timestamp: new Date('2026-02-28T23:59:59.999Z'),
      }) as string
    ).trimEnd();
    expect(scanned(line)).to.not.equal(undefined);
    for (let length = 0; length < line.length; length++)
      expect(scanned(line.slice(0, length)), line.slice(0, length)).to.equal(undefined);
    for (const other of [
      '',
      '[]',
      '{}',
      'null',
      `${line} `,
      `${line}${line}`,
      line.replace('12', '1-2'),
      // A writer that died, and what the next one wrote behind it.
      ...[9, 30, 60].map((length) => line.slice(0, length) + line),
      ...['2026-13-28', '2026-02-28T24', 'x026-02-28', '2026-02-28 23'].map((date) =>
        line.replace(/2026-02-28(T23)?/, (found) => date + found.slice(date.length)),
      ),
      line.replace('59:59', '59:60'),
    ])
      expect(scanned(other), other).to.equal(undefined);
    expect(scanned(line)!.timestamp).to.deep.equal(new Date('2026-02-28T23:59:59.999Z'));
  });
});
