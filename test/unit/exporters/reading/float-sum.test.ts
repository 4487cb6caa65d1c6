import { expect } from 'chai';
import fc from 'fast-check';
import { FloatSum } from '../../../../exporters/reading/float-sum.js';

const sumOf = (values: Iterable<number>): number => {
  const sum = new FloatSum();
  for (const value of values) sum.add(value);
  return sum.value;
};

describe('a sum of floats', () => {
  it('does not lose digits over a million of them', () => {
    expect(sumOf(Array(1_000_000).fill(0.1))).to.equal(100_000);
  });

  it('keeps small ones beside large ones that leave again', () => {
    expect(sumOf([1, 1e100, 1, -1e100])).to.equal(2);
  });

  it('of whole numbers is exact', () => {
    const whole = fc.array(fc.integer());
    fc.assert(
      fc.property(whole, (values) => {
        expect(sumOf(values)).to.equal(Number(values.reduce((sum, n) => sum + BigInt(n), 0n)));
      }),
    );
  });

  it('beyond all numbers is infinite', () => {
    expect(sumOf([Number.MAX_VALUE, Number.MAX_VALUE, 1])).to.equal(Number.POSITIVE_INFINITY);
  });
});
