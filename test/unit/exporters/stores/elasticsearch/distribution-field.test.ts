import { expect } from 'chai';
import fc from 'fast-check';
import { mergeDistributions } from '../../../../../exporters/reading/merge-distributions.js';
import { percentileOf } from '../../../../../exporters/reading/percentile-of.js';
import type { ExponentialDistribution } from '../../../../../exporters/reports/distribution.js';
import {
  fromHistogramField,
  toHistogramField,
} from '../../../../../exporters/stores/elasticsearch/distribution-field.js';

const exponential = (rest: Partial<ExponentialDistribution>): ExponentialDistribution => ({
  scale: 6,
  zeroCount: 0,
  offset: 0,
  counts: [],
  ...rest,
});

describe('The histogram field of a distribution', () => {
  it('has a value from the middle of each bucket that holds something, and its count', () => {
    expect(
      toHistogramField(exponential({ scale: 0, zeroCount: 7, offset: -1, counts: [2, 0, 5] })),
    ).to.deep.equal({ values: [0, 0.7071, 2.828], counts: [7, 2, 5] });
  });

  it('has no value outside of the least and the greatest that were recorded', () => {
    const distribution = exponential({ scale: 0, offset: 0, counts: [1, 1, 1] });
    expect(toHistogramField(distribution, { min: 1.75, max: 4.25 })).to.deep.equal({
      values: [1.75, 2.828, 4.25],
      counts: [1, 1, 1],
    });
    expect(toHistogramField(exponential({ counts: [3] }), { min: 1, max: 1 })!.values).to.eql([1]);
  });

  it('is none for a distribution without values', () => {
    expect(toHistogramField(exponential({}))).to.equal(undefined);
    expect(toHistogramField({ bounds: [1], counts: [0, 0] })).to.equal(undefined);
  });

  it('has the middles between explicit bounds, whose ends are the range or a bound', () => {
    const distribution = { bounds: [-2, 0, 10], counts: [1, 2, 0, 3] };
    expect(toHistogramField(distribution, { min: -4, max: 30 })).to.deep.equal({
      values: [-3, -1, 20],
      counts: [1, 2, 3],
    });
    expect(toHistogramField(distribution)!.values).to.deep.equal([-2, -1, 10 + 2 ** -49]);
    expect(toHistogramField({ bounds: [], counts: [4] }, { min: 2, max: 4 })).to.deep.equal({
      values: [3],
      counts: [4],
    });
  });

  it('has values in ascending order that lie in their buckets, in every scale, over all magnitudes', () => {
    for (let scale = -3; scale <= 6; scale++) {
      for (const exponent of [-1_000, -30, -1, 0, 1, 30, 1_000]) {
        const offset = Math.floor(exponent * 2 ** scale);
        const given = exponential({ scale, offset, counts: Array(20).fill(1) });
        const { values } = toHistogramField(given)!;
        const bound = (index: number): number => 2 ** (index * 2 ** -scale);
        values.forEach((value, i) => {
          const upper = Math.min(bound(offset + i + 1), Number.MAX_VALUE);
          if (bound(offset + i) === 0 || bound(offset + i) > upper) return;
          expect(value, `${scale} ${offset + i}`).to.be.within(bound(offset + i), upper);
          if (i > 0) expect(value).to.be.at.least(values[i - 1]!);
        });
      }
    }
  });

  it('gives the buckets back that it was made of', () => {
    for (const given of [
      exponential({ zeroCount: 3, offset: -200, counts: [1, 0, 0, 7, 2] }),
      exponential({ scale: 2, offset: 14, counts: [9] }),
      exponential({ zeroCount: 5 }),
    ])
      expect(fromHistogramField(toHistogramField(given)!, { scale: given.scale })).to.deep.equal(
        given,
      );
  });

  it('gives the explicit buckets back that it was made of, whatever the range', () => {
    const bounds = fc
      .uniqueArray(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 12 })
      .map((given) => given.map((bound) => bound + 0).sort((a, b) => a - b));
    const explicit = bounds.chain((sorted) =>
      fc.record({
        bounds: fc.constant(sorted),
        counts: fc.array(fc.nat(5), { minLength: sorted.length + 1, maxLength: sorted.length + 1 }),
      }),
    );
    fc.assert(
      fc.property(explicit, fc.boolean(), (given, isKnown) => {
        const first = given.counts.findIndex((count) => count > 0);
        const last = given.counts.findLastIndex((count) => count > 0);
        const [min, max] = [given.bounds[first] ?? 1e6, (given.bounds[last - 1] ?? -1e6) + 1e-9];
        if (first < 0 || (isKnown && min > max)) return;
        const range = isKnown ? { min, max } : {};
        const field = toHistogramField(given, range)!;
        expect(fromHistogramField(JSON.parse(JSON.stringify(field)), given)).to.deep.equal(given);
      }),
    );
    const open = { bounds: [-1, 0], counts: [0, 0, 3] };
    expect(fromHistogramField(toHistogramField(open)!, open)).to.deep.equal(open);
  });

  it('of another writer has buckets that add up', () => {
    const one = fromHistogramField({ values: [0, 0.1, 3], counts: [1, 90, 5] });
    const other = fromHistogramField({ values: [0.2, 4], counts: [1, 3] });
    const merged = mergeDistributions(one, other);
    expect(percentileOf(merged, 0.5)).to.be.closeTo(0.1, 0.0011);
    expect(percentileOf(merged, 0.99)).to.be.closeTo(4, 0.044);
    expect(fromHistogramField({ values: [-1, 3, 9], counts: [5, 6, 7] })).to.deep.equal({
      bounds: [1, 6],
      counts: [5, 6, 7],
    });
  });
});
