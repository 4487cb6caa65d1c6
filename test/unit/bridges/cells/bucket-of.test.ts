import { expect } from 'chai';
import fc from 'fast-check';
import { bucketOf } from '../../../../bridges/cells/series/bucket-of.js';

const scale = fc.integer({ min: -10, max: 20 });
const value = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

/** The upper end of a bucket. */
const upperEnd = (bucket: number, at: number): number => 2 ** ((bucket + 1) / 2 ** at);

describe('bucketOf', () => {
  it('finds the bucket whose borders are around a value, at every scale', () => {
    fc.assert(
      fc.property(value, scale, (one, at) => {
        const normal = Math.max(one, 2 ** -1022);
        const bucket = bucketOf(one, at);
        expect(upperEnd(bucket, at)).to.be.at.least(normal * (1 - 1e-12));
        expect(upperEnd(bucket - 1, at)).to.be.at.most(normal * (1 + 1e-12));
      }),
      { numRuns: 2000 },
    );
  });

  it('has a power of two at the upper end of a bucket, exactly', () => {
    for (let exponent = -1022; exponent <= 1023; exponent++)
      for (let at = -10; at <= 6; at++)
        expect(bucketOf(2 ** exponent, at)).to.equal(Math.ceil(exponent * 2 ** at) - 1);
  });

  it('has every value above its predecessor in the same bucket or a later one', () => {
    for (let at = -2; at <= 6; at++) {
      let before = bucketOf(0.9, at);
      for (let one = 0.9; one < 4.1; one += 0.001_7) {
        const bucket = bucketOf(one, at);
        expect(bucket - before).to.be.within(0, 1);
        before = bucket;
      }
    }
  });

  it('puts what is smaller than every normal double into one bucket', () => {
    for (const at of [-4, 0, 6, 20])
      expect(bucketOf(Number.MIN_VALUE, at)).to.equal(bucketOf(2 ** -1022, at));
  });
});
