import { expect } from 'chai';
import fc from 'fast-check';
import { Digest, newId, pointId, sequenceOf } from '../../../../exporters/reports/ids.js';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const millisOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

describe('report ids', () => {
  it('sort in the order they were made, also when the clock steps back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2, maxLength: 50 }),
        (steps) => {
          let time = Date.now();
          const ids = steps.map((step) => {
            time += step;
            return newId(time);
          });
          expect([...ids].sort()).to.deep.equal(ids);
          expect(ids.every((id) => V7.test(id))).to.equal(true);
        },
      ),
    );
  });

  it('stay apart and in order over more than a million within one millisecond', () => {
    const time = Date.now() + 10_000;
    let last = '';
    for (let i = 0; i < 1_100_000; i++) {
      const id = newId(time);
      if (id <= last) expect.fail(`${id} after ${last}`);
      last = id;
    }
  });

  it('carry consecutive numbers below a million', () => {
    const numbers = Array.from({ length: 1_000 }, () => sequenceOf(newId()));
    for (let i = 1; i < numbers.length; i++)
      expect(numbers[i]).to.equal((numbers[i - 1]! + 1) % 1_000_000);
  });

  it('give any text a number below a million, always the same', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uuid()), (id) => {
        const number = sequenceOf(id);
        expect(number).to.be.within(0, 999_999);
        expect(Number.isInteger(number)).to.equal(true);
        expect(sequenceOf(id)).to.equal(number);
      }),
    );
  });

  it('of data points hold their time and number, and depend on series and interval', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2 ** 47 }),
        fc.nat({ max: 2_000_000 }),
        fc.string(),
        (time, sequence, series) => {
          const id = pointId(time, sequence, new Digest().text(series).number(time));
          expect(id).to.match(V8);
          expect(millisOf(id)).to.equal(time);
          expect(sequenceOf(id)).to.equal(sequence % 1_000_000);
          expect(pointId(time, sequence, new Digest().text(series).number(time))).to.equal(id);
          expect(
            pointId(time, sequence, new Digest().text(`${series}.`).number(time)),
          ).to.not.equal(id);
          expect(
            pointId(time, sequence, new Digest().text(series).number(time + 1)).slice(24),
          ).to.not.equal(id.slice(24));
        },
      ),
    );
  });

  it('digest texts by their borders, and a hundred thousand series without a collision', () => {
    expect(new Digest().text('ab').text('c').key()).to.not.equal(
      new Digest().text('a').text('bc').key(),
    );
    const keys = new Set<number>();
    for (let i = 0; i < 100_000; i++) keys.add(new Digest().text('route').text(`/user/${i}`).key());
    expect(keys.size).to.equal(100_000);
  });
});
