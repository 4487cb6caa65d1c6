import { expect } from 'chai';
import fc from 'fast-check';
import { HistogramCell } from '../../../../bridges/cells/series/exponential-histogram.js';
import { asDistribution } from '../../../../exporters/reading/distribution.js';
import { mergeDistributions } from '../../../../exporters/reading/merge-distributions.js';
import { percentileOf } from '../../../../exporters/reading/percentile-of.js';
import type {
  Distribution,
  ExplicitDistribution,
  ExponentialDistribution,
} from '../../../../exporters/reports/distribution.js';

/** The distribution that our own histogram has of these values. */
function recorded(values: readonly number[]): ExponentialDistribution {
  const cell = new HistogramCell();
  for (const value of values) cell.record(value);
  const { scale, zeroCount, positive } = cell.toPoint();
  return { scale, zeroCount, offset: positive.offset, counts: positive.bucketCounts };
}

const total = (distribution: Distribution | undefined): number =>
  distribution === undefined
    ? 0
    : distribution.counts.reduce((sum, count) => sum + count, 0) +
      ('zeroCount' in distribution ? distribution.zeroCount : 0);

/** The k-th smallest of n values, k = p n rounded up. */
const exact = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(p * values.length) - 1)]!;

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const values = fc.array(fc.oneof(positive, fc.constant(0)), { minLength: 1, maxLength: 60 });
const explicit = fc
  .uniqueArray(fc.integer({ min: -50, max: 50 }), { maxLength: 12 })
  .chain((bounds) =>
    fc
      .array(fc.nat(20), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
      .map((counts) => ({ bounds: bounds.sort((a, b) => a - b), counts })),
  );

describe('mergeDistributions', () => {
  it('adds buckets of one scale, aligned by their offsets', () => {
    const a = { scale: 3, zeroCount: 1, offset: -2, counts: [1, 2] };
    const b = { scale: 3, zeroCount: 2, offset: 0, counts: [5] };
    expect(mergeDistributions(a, b)).to.deep.equal({
      scale: 3,
      zeroCount: 3,
      offset: -2,
      counts: [1, 2, 5],
    });
  });

  it('adds at the coarser of two scales', () => {
    const fine = { scale: 1, zeroCount: 0, offset: -3, counts: [1, 1, 1, 1] };
    const coarse = { scale: 0, zeroCount: 0, offset: -1, counts: [10, 20] };
    const wanted = { scale: 0, zeroCount: 0, offset: -2, counts: [1, 12, 21] };
    expect(mergeDistributions(fine, coarse)).to.deep.equal(wanted);
    expect(mergeDistributions(coarse, fine)).to.deep.equal(wanted);
  });

  it('gives back the other one where one is undefined', () => {
    const one = { scale: 0, zeroCount: 0, offset: 0, counts: [1] };
    expect(mergeDistributions(undefined, one)).to.deep.equal(one);
    expect(mergeDistributions(one, undefined)).to.deep.equal(one);
    expect(mergeDistributions(undefined, undefined)).to.equal(undefined);
  });

  it('keeps every value, whatever the scales and offsets, and does not change what it was given', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const [a, b] = [recorded(left), recorded(right)];
        const before = JSON.stringify([a, b]);
        const merged = mergeDistributions(a, b) as ExponentialDistribution;
        expect(total(merged)).to.equal(left.length + right.length);
        expect(merged.zeroCount).to.equal(a.zeroCount + b.zeroCount);
        expect(JSON.stringify([a, b])).to.equal(before);
        expect(merged).to.deep.equal(mergeDistributions(b, a));
        expect(asDistribution(merged)).to.equal(merged);
      }),
    );
  });

  it('is bounded in size however far the values are apart', () => {
    const merged = mergeDistributions(recorded([5e-324]), recorded([Number.MAX_VALUE]))!;
    expect(merged.counts.length).to.be.at.most(2_048);
    expect(total(merged)).to.equal(2);
  });

  it('adds explicit buckets of the same bounds', () => {
    const a = { bounds: [1, 2], counts: [1, 2, 3] };
    expect(mergeDistributions(a, { bounds: [1, 2], counts: [10, 20, 30] })).to.deep.equal({
      bounds: [1, 2],
      counts: [11, 22, 33],
    });
  });

  it('adds explicit buckets between the bounds that both have, and divides none', () => {
    const a = { bounds: [1, 2, 5], counts: [1, 2, 3, 4] };
    const b = { bounds: [2, 4, 5], counts: [10, 20, 30, 40] };
    expect(mergeDistributions(a, b)).to.deep.equal({ bounds: [2, 5], counts: [13, 53, 44] });
    expect(mergeDistributions(a, { bounds: [7], counts: [1, 1] })).to.deep.equal({
      bounds: [],
      counts: [12],
    });
  });

  it('knows of merged explicit buckets how many values are below each bound', () => {
    fc.assert(
      fc.property(explicit, explicit, (a, b) => {
        const merged = mergeDistributions(a, b) as ExplicitDistribution;
        const below = ({ bounds, counts }: ExplicitDistribution, bound: number): number =>
          counts.slice(0, bounds.indexOf(bound) + 1).reduce((sum, count) => sum + count, 0);
        for (const bound of merged.bounds)
          expect(below(merged, bound)).to.equal(below(a, bound) + below(b, bound));
        expect(total(merged)).to.equal(total(a) + total(b));
      }),
    );
  });

  it('cannot add exponential and explicit buckets', () => {
    const merged = mergeDistributions(recorded([1]), { bounds: [1], counts: [1, 0] });
    expect(merged).to.equal(undefined);
  });
});

describe('percentileOf', () => {
  it('is undefined of nothing', () => {
    expect(percentileOf(undefined, 0.5)).to.equal(undefined);
    expect(percentileOf({ scale: 0, zeroCount: 0, offset: 0, counts: [] }, 0.5)).to.equal(
      undefined,
    );
    expect(percentileOf({ bounds: [1], counts: [0, 0] }, 0.5)).to.equal(undefined);
  });

  it('interpolates geometrically in an exponential bucket', () => {
    const one = { scale: 0, zeroCount: 0, offset: 2, counts: [4] };
    expect(percentileOf(one, 0.5)).to.be.closeTo(Math.sqrt(32), 1e-9);
    expect(percentileOf(one, 0)).to.equal(4);
    expect(percentileOf(one, 1)).to.equal(8);
    expect(percentileOf(one, 2)).to.equal(8);
    expect(percentileOf(one, 1, { min: 5, max: 6 })).to.equal(6);
  });

  it('interpolates linearly between explicit bounds', () => {
    const one = { bounds: [10, 20], counts: [0, 4, 0] };
    expect(percentileOf(one, 0.25)).to.equal(12.5);
    expect(percentileOf({ bounds: [10], counts: [0, 1] }, 0.5)).to.equal(10);
    expect(percentileOf({ bounds: [10], counts: [0, 1] }, 0.5, { max: 30 })).to.equal(20);
  });

  it('counts zeros as values', () => {
    const one = { scale: 0, zeroCount: 3, offset: 0, counts: [1] };
    expect(percentileOf(one, 0.5)).to.equal(0);
    expect(percentileOf(one, 1)).to.equal(2);
  });

  it('comes within the width of a bucket of the exact value', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (given, p) => {
        const distribution = recorded(given);
        const [min, max] = [Math.min(...given), Math.max(...given)];
        const found = percentileOf(distribution, p, { min, max })!;
        const wanted = exact(given, p);
        const width = 2 ** (2 ** -distribution.scale);
        if (wanted === 0) expect(found).to.equal(0);
        else expect(found).to.be.within(wanted / width / 1.000001, wanted * width * 1.000001);
      }),
    );
  });

  it('comes within 2 % of a million values that were recorded in 4 processes and 60 intervals', () => {
    const all = new Float64Array(1_000_000);
    let merged: Distribution | undefined;
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let part = 0, at = 0; part < 240; part++) {
      const until = Math.floor(((part + 1) * all.length) / 240);
      const cell = new HistogramCell();
      for (; at < until; at++) {
        // Two groups of log-normal values: fast answers, and one in twenty that waits for something.
        const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
        all[at] = Math.exp(normal * 0.6) * (random() < 0.05 ? 0.9 : 0.02);
        cell.record(all[at]!);
      }
      const { scale, zeroCount, positive } = cell.toPoint();
      merged = mergeDistributions(merged, {
        scale,
        zeroCount,
        offset: positive.offset,
        counts: positive.bucketCounts,
      });
    }
    all.sort();
    for (const p of [0.5, 0.9, 0.95, 0.99]) {
      const wanted = all[Math.ceil(p * all.length) - 1]!;
      expect(percentileOf(merged, p), `p${p * 100}`).to.be.closeTo(wanted, wanted * 0.02);
    }
  });
});

describe('arguments that are none', () => {
  const sound = recorded([1, 2]);

  it('are named by mergeDistributions', () => {
    const merge = mergeDistributions as (...given: unknown[]) => unknown;
    for (const other of [
      null,
      7,
      {},
      [1],
      { bounds: [1], counts: [1] },
      { ...sound, scale: 1e3 },
    ]) {
      expect(() => merge(other, sound)).to.throw(TypeError, /^mergeDistributions\(\): a must be/);
      expect(() => merge(sound, other)).to.throw(TypeError, /: b must be .* pass report\.distr/);
      expect(() => merge(other, undefined)).to.throw(TypeError);
    }
  });

  it('are named by percentileOf', () => {
    const of = percentileOf as (...given: unknown[]) => unknown;
    expect(() => of(null, 0.5)).to.throw(TypeError, /^percentileOf\(\): distribution must be/);
    for (const p of [undefined, '0.5', null, [0.5]])
      expect(() => of(sound, p)).to.throw(TypeError, /p must be .* pass 0\.95 for the 95th/);
    for (const range of [null, 5, { min: null, max: 3 }, { max: '3' }])
      expect(() => of(sound, 0.5, range)).to.throw(TypeError, /range must be \{ min, max \}/);
    expect(of(sound, 1, { min: undefined, max: 2 })).to.be.closeTo(2, 1e-9);
  });
});

describe('asDistribution', () => {
  it('takes distributions alone', () => {
    for (const good of [recorded([1, 2, 0]), { bounds: [1, 2], counts: [1, 2, 3] }])
      expect(asDistribution(good)).to.equal(good);
    for (const bad of [
      null,
      7,
      {},
      { counts: [1] },
      { scale: 1.5, zeroCount: 0, offset: 0, counts: [1] },
      { scale: 90, zeroCount: 0, offset: 0, counts: [1] },
      { scale: 3, zeroCount: 0, offset: 1e12, counts: [1] },
      { scale: 3, zeroCount: 0, offset: 0, counts: [-1] },
      { scale: 3, zeroCount: 0, offset: 0, counts: ['1'] },
      { bounds: [1], counts: [1] },
      { bounds: [2, 1], counts: [1, 1, 1] },
    ])
      expect(asDistribution(bad), JSON.stringify(bad)).to.equal(undefined);
  });
});
