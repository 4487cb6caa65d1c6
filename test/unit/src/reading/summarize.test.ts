import { expect } from 'chai';
import fc from 'fast-check';
import { HistogramCell } from '../../../../bridges/cells/series/exponential-histogram.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { asCsv } from '../../../../src/cli/report/formats.js';
import { asTable } from '../../../../src/cli/report/view.js';
import { summarize } from '../../../../src/reading/summarize.js';
import type { Summary } from '../../../../src/reading/summary/summary.js';

const START = Date.parse('2026-11-28T12:00:00Z');
let made = 0;

function report(given: Partial<Report> & { at?: number }): Report {
  const { at = 0, ...rest } = given;
  const timestamp = new Date(START + at * 1_000);
  return { id: `${made++}`, name: 'n', metric: 'counter', host: 'h', timestamp, ...rest };
}

/** A timing of these values as it is stored. */
function timing(values: readonly number[], more: Parameters<typeof report>[0] = {}): Report {
  const cell = new HistogramCell();
  for (const value of values) cell.record(value);
  const { scale, zeroCount, positive } = cell.toPoint();
  const { count, sum, min, max } = cell;
  const distribution = {
    scale,
    zeroCount,
    offset: positive.offset,
    counts: positive.bucketCounts,
  };
  return report({
    metric: 'timing',
    value: sum / count,
    fields: { count, sum, min, max, mean: sum / count, p50: 1e9, p95: 1e9, p99: 1e9 },
    distribution,
    ...more,
  });
}

const only = (rows: readonly Summary[]): Summary => {
  expect(rows).to.have.length(1);
  return rows[0]!;
};

describe('summarize', () => {
  it('adds counters up and divides by the range', () => {
    const row = only(
      summarize([
        report({ value: 10, at: 10, startTimestamp: new Date(START) }),
        report({ value: -4, at: 20, startTimestamp: new Date(START + 10_000) }),
      ]),
    );
    expect(row).to.include({ name: 'n', metric: 'counter', sum: 6, count: 6, rate: 0.3 });
    expect(row.time).to.deep.equal(new Date(START));
    expect([row.min, row.mean, row.percentiles, row.last]).to.deep.equal(Array(4).fill(undefined));
  });

  it('adds up fractions without the error that grows with their number', () => {
    const counted = Array.from({ length: 1_000 }, (_, at) =>
      report({ value: 0.1, at, tags: { error: at % 2 === 0 } }),
    );
    expect(only(summarize(counted))).to.include({ sum: 100, count: 100, errors: 50 });
    const timed = counted.map((_, at) => timing([0.1], { at }));
    expect(only(summarize(timed))).to.include({ sum: 100, count: 1_000, mean: 0.1 });
  });

  it('takes a sum for the reports that it is made of, and the text of a number for the number', () => {
    const sum = { ...report({ value: 2.5 }), summed: 3 };
    const texts = ['1.5', '1e1', '-.5', '9007199254740993', ' 1 ', '0x10', '1d', '', [2]];
    const rest = texts.map((value) => report({ value, tags: { status: true } }));
    expect(only(summarize([sum, ...rest]))).to.include({
      reports: 12,
      sum: 2.5 + 11 + 9_007_199_254_740_992,
      errors: undefined,
    });
  });

  it('takes the range it is given', () => {
    const range = { since: new Date(START), until: START + 100_000 };
    expect(only(summarize([report({ value: 50, at: 5 })], range)).rate).to.equal(0.5);
  });

  it('makes a row for each step, and rates over it', () => {
    const rows = summarize(
      [0, 29, 30, 90].map((at) => report({ value: 3, at })),
      { step: '30s' },
    );
    expect(rows.map(({ time, sum, rate }) => [(+time - START) / 1_000, sum, rate])).to.deep.equal([
      [0, 6, 0.2],
      [30, 3, 0.1],
      [90, 3, 0.1],
    ]);
  });

  it('makes a row for each group, and knows a tag of a list', () => {
    const tagged = [
      report({ value: 1, tags: { route: '/a', status: 200 } }),
      report({ value: 2, tags: { route: '/b', status: 500 } }),
      report({ value: 4, tags: { route: '/a', status: 500 } }),
      report({ value: 8, tags: ['route'] }),
      report({ value: 16 }),
    ];
    const rows = summarize(tagged, { by: ['route'] });
    expect(rows.map(({ group, sum, errors }) => [group, sum, errors])).to.deep.equal([
      [{ route: '/a' }, 5, 4],
      [{ route: '/b' }, 2, 2],
      [{}, 16, undefined],
      [{ route: true }, 8, undefined],
    ]);
  });

  it('groups by tags whatever they are called', () => {
    const by = ['__proto__', 'constructor', 'toString', 'host'];
    for (const tag of by.slice(0, 3)) {
      const tagged = report({ tags: JSON.parse(`{"${tag}":"a"}`), value: 1 });
      const rows = summarize([tagged, report({ value: 2 })], { by });
      const groups = rows.map(({ group, sum }) => [JSON.stringify(group), sum]);
      expect(groups).to.have.deep.members([
        [`{"${tag}":"a","host":"h"}`, 1],
        ['{"host":"h"}', 2],
      ]);
    }
    const [, ...lines] = asCsv(summarize([report({ value: 2 })], { by }), by).split('\r\n');
    expect(lines[0]).to.include(',,,,,h,,2,2,');
    expect(asTable(summarize([report({ value: 2 })], { by }), by, false)).to.match(/– +– +– +h/);
  });

  it('merges distributions instead of averaging percentiles', () => {
    const fast = Array.from({ length: 950 }, (_, i) => 0.1 + i / 100_000);
    const slow = Array.from({ length: 60 }, (_, i) => 1 + i / 600);
    const row = only(summarize([timing(fast), timing(slow, { host: 'other', at: 1 })]));
    const all = [...fast, ...slow].sort((a, b) => a - b);
    for (const p of [0.5, 0.95, 0.99]) {
      const wanted = all[Math.ceil(p * all.length) - 1]!;
      expect(row.percentiles![p]).to.be.closeTo(wanted, wanted * 0.02);
    }
    expect(row).to.include({ count: 1_010, min: 0.1, max: slow.at(-1)!, withoutDistribution: 0 });
  });

  it('takes single values of a timing exactly as aggregated ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1 }),
        (values) => {
          const row = only(summarize(values.map((value) => report({ metric: 'timing', value }))));
          expect(row.count).to.equal(values.length);
          expect(row.max).to.equal(Math.max(...values));
          const wanted = [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]!;
          expect(row.percentiles![0.5]).to.be.closeTo(wanted, wanted * 0.02);
        },
      ),
    );
  });

  it('says that percentiles are unknown where a report has no distribution', () => {
    const old = report({
      metric: 'timing',
      fields: { count: 2, sum: 3, min: 1, max: 2, mean: 1.5, p50: 1.4, p95: 1.9, p99: 2 },
    });
    const row = only(summarize([old, timing([5])]));
    expect(row).to.include({ count: 3, sum: 8, min: 1, max: 5, withoutDistribution: 1 });
    expect(row.percentiles).to.equal(undefined);
  });

  it('says that percentiles are unknown of buckets without a common bound', () => {
    const of = (bounds: number[], counts: number[]) =>
      report({
        metric: 'histogram',
        fields: { count: 4, sum: 8, min: 1, max: 3 },
        distribution: { bounds, counts },
      });
    const coarse = only(summarize([of([2, 9], [2, 2, 0]), of([2], [2, 2])]));
    expect(coarse.percentiles![0.5]).to.equal(2);
    for (const other of [of([5], [4, 0]), of([], [4]), timing([1, 2, 3, 4])]) {
      const row = summarize([of([2], [2, 2]), { ...other, metric: 'histogram' }])[0]!;
      expect(row.percentiles).to.equal(undefined);
      expect(row).to.include({ count: 8, withoutDistribution: 0 });
    }
  });

  it('does not take what some reports tell for the sum or the range of all', () => {
    const [small, large] = [timing([0.1, 0.2]), timing([10, 20])];
    const without = (...names: string[]): Report => ({
      ...large,
      fields: Object.fromEntries(
        Object.entries(large.fields!).filter(([name]) => !names.includes(name)),
      ),
    });
    const row = only(summarize([small, without('min', 'max')]));
    expect(row).to.include({ count: 4, min: undefined, max: undefined });
    expect(row.sum).to.be.closeTo(30.3, 1e-9);
    expect(row.percentiles![0.95]).to.be.closeTo(20, 0.4);
    expect(only(summarize([without('min'), small]))).to.include({ min: undefined, max: 20 });
    expect(only(summarize([small, without('sum')])).mean).to.be.closeTo(7.575, 1e-9);
    const unsummed = only(summarize([small, without('sum', 'mean')]));
    expect(unsummed).to.include({ count: 4, sum: undefined, mean: undefined, max: 20 });
    const empty = { ...large, fields: { count: 0 }, distribution: undefined } as unknown as Report;
    expect(only(summarize([small, empty]))).to.include({ count: 2, min: 0.1, max: 0.2 });
  });

  it('has the mean of a gauge of those values that are numbers', () => {
    const gauges = [4, 'off', 8].map((value, at) => report({ metric: 'gauge', value, at }));
    expect(only(summarize(gauges))).to.include({ count: 3, mean: 6, min: 4, max: 8, last: 8 });
  });

  it('gives the percentiles that were asked for', () => {
    const row = only(summarize([timing([1, 2, 3])], { percentiles: [0, 1] }));
    expect(row.percentiles).to.deep.equal({ 0: 1, 1: 3 });
  });

  it('has a row for each instance of a gauge, with its last value', () => {
    const gauges = [
      report({ metric: 'gauge', value: 5, at: 2, instance: 'a' }),
      report({ metric: 'gauge', value: 7, at: 1, instance: 'a' }),
      report({ metric: 'gauge', value: 1n as never, at: 1, instance: 'b' }),
    ];
    const rows = summarize(gauges);
    expect(
      rows.map(({ instance, last, min, max, mean, rate }) => ({
        instance,
        last,
        min,
        max,
        mean,
        rate,
      })),
    ).to.deep.equal([
      { instance: 'a', last: 5, min: 5, max: 7, mean: 6, rate: undefined },
      { instance: 'b', last: 1, min: 1, max: 1, mean: 1, rate: undefined },
    ]);
  });

  it('counts events and keeps the last text', () => {
    const row = only(
      summarize([0, 1, 2].map((at) => report({ metric: 'event', value: `text ${at}`, at }))),
    );
    expect(row).to.include({ count: 3, last: 'text 2', rate: 1.5, percentiles: undefined });
  });

  it('counts a custom metric whose own fields look like a timing', () => {
    const row = only(summarize([report({ metric: 'order', fields: { count: 7 } })]));
    expect(row).to.include({ metric: 'order', count: 1, sum: undefined });
  });

  it('keeps units apart', () => {
    expect(summarize([timing([1], { unit: 's' }), timing([1], { unit: 'ms' })])).to.have.length(2);
  });

  it('takes reports as they come, and does not keep them', async () => {
    let alive = 0;
    async function* stream() {
      for (let at = 0; at < 10_000; at++) {
        alive = at;
        yield report({ value: 1, at });
      }
    }
    expect(only(await summarize(stream(), { by: [] }))).to.include({ sum: 10_000 });
    expect(alive).to.equal(9_999);
  });

  it('refuses options it does not know, all at once', () => {
    expect(() => summarize([], { setp: '1m', by: 'route', percentiles: [95] } as never))
      .to.throw(/did you mean step/)
      .with.property('code', 'KANEDA_SETTINGS');
    expect(() => summarize([], { step: '1 week' })).to.throw(/like '30s'/);
  });

  it('says what it takes, given something else', async () => {
    const refused = (reports: unknown) => () => summarize(reports as Report[]);
    for (const other of [undefined, null, 7, {}, Promise.resolve([])])
      expect(refused(other)).to.throw(TypeError, /^summarize\(\) takes reports: pass a list/);
    const sound = report({ value: 1 });
    for (const [other, words] of [
      [undefined, 'is not an object'],
      ['text', 'is not an object'],
      [{ ...sound, name: 7 }, 'has no name: give it one'],
      [{ ...sound, metric: undefined }, "has no metric: give it one, as 'counter'"],
      [JSON.parse(JSON.stringify(sound)), 'has no timestamp that is a Date: give it new Date(…)'],
      [{ ...sound, timestamp: new Date(Number.NaN) }, 'has no timestamp that is a Date'],
    ] as const) {
      expect(refused([sound, other])).to.throw(TypeError, words);
      const failure = await summarize(
        (async function* () {
          yield other as Report;
        })(),
      ).catch((error: Error) => error);
      expect(failure).to.be.instanceOf(TypeError);
    }
    const since = '2026-01-01T00:00:00Z';
    expect(() => summarize([], { since, until: since })).to.throw(/until: is not after since/);
  });
});
