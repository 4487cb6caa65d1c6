import { expect } from 'chai';
import fc from 'fast-check';
import { HistogramCell } from '../../../../bridges/cells/series/exponential-histogram.js';
import { valuesOf } from '../../../../bridges/cells/series/histogram-backlog.js';
import { BUCKETS, WIDE_BUCKETS } from '../../../../bridges/cells/series/histograms.js';

const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true, noDefaultInfinity: true });
const duration = fc.oneof(
  fc.constant(0),
  positive,
  fc.double({ min: 0.001, max: 10, noNaN: true }),
  fc.constantFrom(1, 2, 4, 0.5, 1024),
);
const durations = fc.array(duration, { minLength: 1, maxLength: 300 });

const of = (values: readonly number[]): HistogramCell => {
  const cell = new HistogramCell();
  for (const value of values) cell.record(value);
  return cell;
};

/** The value at quantile `q`, from the middle of its bucket. */
function quantile(cell: HistogramCell, q: number): number {
  const rank = Math.max(1, Math.ceil(q * cell.count));
  let below = 0;
  let found = Number.NaN;
  cell.eachBucket((middle, count) => {
    if (below < rank) found = middle;
    below += count;
  });
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('HistogramCell', () => {
  it('keeps count, sum, min and max exactly, and quantiles within the error of its scale', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const cell = of(values);
        const sorted = [...values].sort((a, b) => a - b);
        expect(cell.count).to.equal(values.length);
        expect(cell.sum).to.equal(sum(values));
        expect([cell.min, cell.max]).to.deep.equal([sorted[0], sorted.at(-1)]);
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]!;
        const base = 2 ** (2 ** -cell.scale);
        // A value is in (lower, lower * base], read from lower * base ** 0.5; rounding may put it one bucket off at a border.
        expect(Math.abs(quantile(cell, q) - exact)).to.be.at.most(
          exact * (base - 1) + exact * 1e-9,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('uses as fine a scale as 160 buckets allow, from scale 5 on as 640 do', () => {
    fc.assert(
      fc.property(durations, (values) => {
        const point = of(values).toPoint();
        const most = point.scale > 5 ? BUCKETS : WIDE_BUCKETS;
        expect(point.positive.bucketCounts.length).to.be.at.most(most);
        expect(point.zeroCount + sum(point.positive.bucketCounts)).to.equal(values.length);
        if (point.scale < 20)
          expect(point.positive.bucketCounts.length).to.be.at.least(
            (point.scale < 5 ? WIDE_BUCKETS : BUCKETS) / 2,
          );
        for (const value of values.filter((one) => one > 0)) {
          const bucket = Math.ceil(Math.log2(value) * 2 ** point.scale) - 1 - point.positive.offset;
          const near = point.positive.bucketCounts.slice(Math.max(0, bucket - 1), bucket + 2);
          expect(sum(near)).to.be.above(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows values of six decades within 1.1 per cent', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => 1e-4 * 10 ** (i / 170));
    const cell = of(values);
    expect(cell.scale).to.equal(5);
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      const exact = values[Math.ceil(q * values.length) - 1]!;
      expect(quantile(cell, q)).to.be.closeTo(exact, exact * 0.011);
    }
  });

  it('puts powers of two at the upper, inclusive end of a bucket', () => {
    expect(of([1, 1]).toPoint().positive).to.deep.equal({ offset: -1, bucketCounts: [2] });
    expect(of([4]).toPoint().positive).to.deep.equal({
      offset: 2 * 2 ** 20 - 1,
      bucketCounts: [1],
    });
  });

  it('takes the smallest and the largest double together', () => {
    const cell = of([Number.MIN_VALUE, Number.MAX_VALUE, 0, 1]);
    expect(cell.toPoint()).to.deep.include({
      count: 4,
      min: 0,
      max: Number.MAX_VALUE,
      zeroCount: 1,
    });
    expect(sum(cell.toPoint().positive.bucketCounts)).to.equal(3);
  });

  it('holds, merged, what one histogram of all values would hold', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 5 }), (parts) => {
        const merged = new HistogramCell();
        for (const part of parts) merged.merge(of(part));
        const { sum: mergedSum, ...rest } = merged.toPoint();
        const { sum: wholeSum, ...whole } = of(parts.flat()).toPoint();
        expect(rest).to.deep.equal(whole);
        expect(mergedSum).to.be.closeTo(wholeSum!, wholeSum! * 1e-12);
      }),
      { numRuns: 500 },
    );
  });

  it('is as new after a reset', () => {
    fc.assert(
      fc.property(durations, durations, (before, after) => {
        const cell = of(before);
        cell.reset();
        expect(cell.toPoint()).to.deep.equal(new HistogramCell().toPoint());
        for (const value of after) cell.record(value);
        expect(cell.toPoint()).to.deep.equal(of(after).toPoint());
      }),
    );
  });

  it('gives values back that keep count, sum, min and max, each close to one that was recorded', () => {
    const times = fc.array(fc.double({ min: 0.001, max: 60, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(times, (values) => {
        const cell = of(values);
        const back = valuesOf(cell).flatMap(([value, count]) =>
          new Array<number>(count).fill(value),
        );
        expect(back.length).to.equal(values.length);
        expect(sum(back)).to.be.closeTo(cell.sum, cell.sum * 1e-9);
        expect([Math.min(...back), Math.max(...back)]).to.deep.equal([cell.min, cell.max]);
        const sorted = [...values].sort((a, b) => a - b);
        const base = 2 ** (2 ** -cell.scale);
        for (const [i, value] of back.sort((a, b) => a - b).entries()) {
          expect(value).to.be.within(sorted[i]! / base ** 2, sorted[i]! * base ** 2);
        }
      }),
      { numRuns: 500 },
    );
  });
});
