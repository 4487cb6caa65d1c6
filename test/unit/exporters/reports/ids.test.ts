import { expect } from 'chai';
import fc from 'fast-check';
import { Digest } from '../../../../exporters/reports/digest.js';
import { millisecondOf, newId, pointId, sequenceOf } from '../../../../exporters/reports/ids.js';
import { Numbers } from '../../../../exporters/reports/numbers.js';

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

  it('of data points hold their millisecond and number', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2 ** 47 }),
        fc.nat({ max: 2_000_000 }),
        fc.nat({ max: 1_000 }),
        (slot, first, at) => {
          const id = pointId({ time: slot, slot, first, count: 1_001 }, at);
          expect(id).to.match(V8);
          expect(millisOf(id)).to.equal(slot);
          expect(sequenceOf(id)).to.equal((first + at) % 1_000_000);
        },
      ),
    );
  });

  it('move a report to a later millisecond if they say so, and no other report', () => {
    const time = 1_700_000_000_000;
    const of = (id: string): number => millisecondOf({ id, timestamp: new Date(time) });
    const at = (slot: number): string => pointId({ time, slot, first: 5, count: 1 }, 0);
    expect([at(time), at(time + 3), at(time + 1_000)].map(of)).to.deep.equal([
      time,
      time + 3,
      time + 1_000,
    ]);
    const foreign = '018bcfe5-6000-8000-8000-ffffffffffff';
    for (const id of [foreign, newId(time + 3), newId(time - 9), 'mine', ''])
      expect(of(id), id).to.equal(time);
  });

  it('keep their order and their nanoseconds apart past a million, also below earlier ids', () => {
    newId(Date.now() + 1e9);
    const timestamp = new Date();
    const seen = new Set<number>();
    let last = '';
    for (let i = 0; i < 1_200_000; i++) {
      const id = newId(timestamp.getTime());
      if (id <= last) expect.fail(`${id} after ${last}`);
      last = id;
      seen.add((millisecondOf({ id, timestamp }) - timestamp.getTime()) * 1e6 + sequenceOf(id));
    }
    expect(seen.size).to.equal(1_200_000);
  }).timeout(120_000);

  it('digest texts by their borders, and a hundred thousand series without a collision', () => {
    expect(new Digest().text('ab').text('c').key()).to.not.equal(
      new Digest().text('a').text('bc').key(),
    );
    const keys = new Set<number>();
    for (let i = 0; i < 100_000; i++) keys.add(new Digest().text('route').text(`/user/${i}`).key());
    expect(keys.size).to.equal(100_000);
  });
});

describe('the numbers of reports', () => {
  /** Takes numbers and fails where a slot has one twice. Returns how far reports were moved. */
  function taken(steps: readonly { time: number; count: number }[]): number[] {
    const numbers = new Numbers();
    const seen = new Map<number, Uint8Array>();
    const moved = new Set<number>();
    for (const { time, count } of steps) {
      for (let left = count; left > 0; ) {
        const block = numbers.take(time, left);
        expect(block.time).to.equal(time);
        expect(block.count).to.be.within(1, left);
        left -= block.count;
        moved.add(block.slot - time);
        const slot = seen.get(block.slot) ?? new Uint8Array(1_000_000);
        seen.set(block.slot, slot);
        for (let i = 0; i < block.count; i++) {
          const number = (block.first + i) % 1_000_000;
          if (slot[number] === 1) expect.fail(`${block.slot} has ${number} twice`);
          slot[number] = 1;
        }
      }
    }
    return [...moved].sort((a, b) => a - b);
  }

  it('are all of the same millisecond up to a million, and of later ones past that', () => {
    expect(taken([{ time: 5, count: 1_000_000 }])).to.deep.equal([0]);
    const moved = taken([
      { time: 5, count: 2_500_000 },
      { time: 6, count: 700_000 },
      { time: 9, count: 1_000_000 },
    ]);
    expect(moved[0]).to.equal(0);
    expect(moved.at(-1)).to.be.within(2, 4);
  });

  it('are never the same in one millisecond, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            time: fc.integer({ min: 1, max: 6 }),
            count: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 900_000 })),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        (steps) => void taken(steps),
      ),
      { numRuns: 25 },
    );
  });
});
