import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { HistogramCell } from '../../../../bridges/cells/series/exponential-histogram.js';
import {
  distributionOf,
  type ExplicitDistribution,
  type ExponentialDistribution,
  isDistribution,
} from '../../../../exporters/reports/distribution.js';

const exponential = (given: Partial<ExponentialHistogram>): ExponentialHistogram => ({
  count: 1,
  sum: 1,
  scale: 0,
  zeroCount: 0,
  positive: { offset: 0, bucketCounts: [] },
  negative: { offset: 0, bucketCounts: [] },
  ...given,
});

const explicit = (boundaries: number[], counts: number[]): Histogram => ({
  buckets: { boundaries, counts },
  count: 1,
});

const recorded = (...values: number[]): ExponentialDistribution => {
  const cell = new HistogramCell();
  for (const value of values) cell.record(value);
  return distributionOf(cell.toPoint()) as ExponentialDistribution;
};

describe('The distribution of a histogram', () => {
  it('has the exponential buckets without the empty ones at both ends', () => {
    const positive = { offset: -3, bucketCounts: [0, 0, 5, 0, 1, 0] };
    expect(distributionOf(exponential({ scale: 2, zeroCount: 4, positive }))).to.deep.equal({
      scale: 2,
      zeroCount: 4,
      offset: -1,
      counts: [5, 0, 1],
    });
  });

  it('has no buckets where all values are 0', () => {
    expect(recorded(0, 0, 0)).to.deep.equal({ scale: 6, zeroCount: 3, offset: 0, counts: [] });
  });

  it('is at most as fine as scale 6, whatever the histogram is', () => {
    const { scale, offset, counts, zeroCount } = recorded(1, 1.001, 2);
    expect({ scale, offset, zeroCount }).to.deep.equal({ scale: 6, offset: -1, zeroCount: 0 });
    expect(counts).to.deep.equal([1, 1, ...Array(62).fill(0), 1]);
  });

  it('holds each value in a bucket whose bounds enclose it', () => {
    for (const value of [1e-9, 0.0123, 0.5, 1, 1.5, 3600, 1e12]) {
      const { scale, offset, counts } = recorded(value);
      expect(counts).to.deep.equal([1]);
      const bound = (index: number): number => 2 ** (index / 2 ** scale);
      expect(value).to.be.within(bound(offset) * 0.999_999, bound(offset + 1) * 1.000_001);
    }
  });

  it('keeps the coarser buckets of values that lie far apart', () => {
    const { scale, counts, offset } = recorded(0.001, 1, 1_000);
    expect(scale).to.equal(3);
    expect(counts.filter((count) => count > 0)).to.deep.equal([1, 1, 1]);
    expect(counts.length).to.be.at.most(160);
    expect(2 ** ((offset + counts.length) / 2 ** scale)).to.be.at.least(1_000);
  });

  it('is short where a report stands for few values, and long where it stands for many', () => {
    const many = Array.from({ length: 160 }, () => 12);
    const of = (count: number, bucketCounts: number[]): ExponentialDistribution =>
      distributionOf(
        exponential({ scale: 5, count, positive: { offset: 0, bucketCounts } }),
      ) as ExponentialDistribution;
    expect(of(1_920, many)).to.deep.equal({
      scale: 4,
      zeroCount: 0,
      offset: 0,
      counts: Array(80).fill(24),
    });
    expect(of(2_000, many)).to.deep.include({ scale: 5, counts: many });
    expect(JSON.stringify(of(1_600, Array(160).fill(123_456))).length).to.be.below(400);
  });

  it('keeps the buckets of few different values, however far these lie apart', () => {
    const bucketCounts = [90, ...Array(150).fill(0), 10];
    expect(
      distributionOf(exponential({ scale: 5, positive: { offset: -3, bucketCounts } })),
    ).to.deep.equal({ scale: 5, zeroCount: 0, offset: -3, counts: bucketCounts });
  });

  it('has the bounds and counts of explicit buckets', () => {
    expect(distributionOf(explicit([0, 5, 10], [0, 2, 0, 1]))).to.deep.equal({
      bounds: [0, 5, 10],
      counts: [0, 2, 0, 1],
    });
    expect(distributionOf(explicit([], [7]))).to.deep.equal({ bounds: [], counts: [7] });
  });

  it('has explicit bounds where exponential buckets hold negative values', () => {
    const negative = { offset: 0, bucketCounts: [3, 0, 1] };
    const positive = { offset: 1, bucketCounts: [2] };
    const { bounds, counts } = distributionOf(
      exponential({ zeroCount: 5, negative, positive }),
    ) as ExplicitDistribution;
    expect(bounds).to.deep.equal([-8, -4, -2, -1, -Number.MIN_VALUE, 0, 2, 4]);
    expect(counts).to.deep.equal([0, 1, 0, 3, 0, 5, 0, 2, 0]);
    expect(isDistribution({ bounds, counts })).to.equal(true);
  });

  it('is left out where a bucket is not a finite number', () => {
    expect(distributionOf(explicit([1, Number.NaN], [1, 1, 1]))).to.equal(undefined);
    expect(distributionOf(explicit([1], [1, Number.POSITIVE_INFINITY]))).to.equal(undefined);
  });
});

describe('The shape of a distribution', () => {
  it('is told from anything else', () => {
    const wrong: unknown[] = [
      null,
      'text',
      [],
      {},
      { counts: [1] },
      { scale: 1.5, zeroCount: 0, offset: 0, counts: [] },
      { scale: 1, zeroCount: -1, offset: 0, counts: [] },
      { scale: 1, zeroCount: 0, offset: 0, counts: ['1'] },
      { bounds: [1, 2], counts: [1, 1] },
      { bounds: [2, 1], counts: [1, 1, 1] },
      { bounds: [1, '2'], counts: [1, 1, 1] },
    ];
    expect(wrong.filter(isDistribution)).to.deep.equal([]);
    expect(isDistribution({ scale: -10, zeroCount: 0, offset: -5, counts: [1] })).to.equal(true);
    expect(isDistribution({ bounds: [-1, 1], counts: [1, 0, 2] })).to.equal(true);
  });
});
