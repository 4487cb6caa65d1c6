import { expect } from 'chai';
import fc from 'fast-check';
import { UnfitValue } from '../../../../exporters/reports/unfit-value.js';
import {
  capText,
  fitFields,
  fitTags,
  fitValue,
  LIMITS,
} from '../../../../exporters/reports/value-policy.js';

const reason = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof UnfitValue) return error.reason;
    throw error;
  }
};

describe('the value policy', () => {
  it('refuses numbers that are none, at any depth', () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(reason(() => fitValue(number))).to.equal('number is not finite');
      expect(reason(() => fitFields({ a: [{ b: number }] }))).to.equal('number is not finite');
    }
  });

  it('writes -0 as 0', () => {
    expect(Object.is(fitValue(-0), 0)).to.equal(true);
    expect(Object.is(fitFields({ a: -0 }).a, 0)).to.equal(true);
  });

  it('makes a bigint a number where that is exact', () => {
    expect(fitValue(5n)).to.equal(5);
    expect(fitValue(2n ** 53n)).to.equal(2n ** 53n);
    expect(fitValue(-(2n ** 63n))).to.equal(-(2n ** 63n));
  });

  it('keeps null, leaves out undefined, refuses what is no value', () => {
    expect(fitFields({ a: null, b: undefined, c: [undefined, 1] })).to.deep.equal({
      a: null,
      c: [null, 1],
    });
    expect(fitValue(null)).to.equal(null);
    expect(reason(() => fitValue(() => 1))).to.equal('value is a function');
    expect(reason(() => fitFields({ a: Symbol('s') }))).to.equal('value is a symbol');
    expect(reason(() => fitValue(new Date(Number.NaN)))).to.equal('invalid date');
  });

  it('writes a hole in a list as null, and refuses an empty list of great length at once', () => {
    // biome-ignore lint/suspicious/noSparseArray: what an application may give
    expect(fitValue([1, , 2])).to.deep.equal([1, null, 2]);
    expect(fitValue(new Array(2))).to.deep.equal([null, null]);
    expect(reason(() => fitValue({ a: new Array(2 ** 32 - 1) }))).to.equal('too many values');
  });

  it('refuses cycles, not repeats; and what is nested too deep', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = [cyclic];
    expect(reason(() => fitFields(cyclic))).to.equal('cyclic value');
    const shared = { a: 1 };
    expect(fitFields({ x: shared, y: shared })).to.deep.equal({ x: shared, y: shared });
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(reason(() => fitValue(nested(16)))).to.equal(undefined);
    expect(reason(() => fitValue(nested(17)))).to.equal('nested deeper than 16');
  });

  it('makes plain values of what has a meaning of its own', () => {
    const value = {
      map: new Map([['a', 1n]]),
      set: new Set([1]),
      url: new URL('http://h/'),
      error: new TypeError('no'),
    };
    expect(fitFields(value)).to.deep.equal({
      map: { a: 1 },
      set: [1],
      url: 'http://h/',
      error: { name: 'TypeError', message: 'no' },
    });
    expect(fitValue(new Uint8Array([1, 2, 3]))).to.equal('AQID');
    const when = new Date(5);
    expect(fitFields({ when }).when).to.deep.equal(when);
  });

  it('prefixes reserved names without overwriting another field', () => {
    const fields = {
      _id: 1,
      id: 2,
      name: 3,
      host: 4,
      metric: 5,
      timestamp: 6,
      tags: 7,
      $reql_type$: 8,
      time: 9,
      field_name: 10,
    };
    expect(fitFields(fields)).to.deep.equal({
      field__id: 1,
      field_id: 2,
      field_field_name: 3,
      field_host: 4,
      field_metric: 5,
      field_timestamp: 6,
      field_tags: 7,
      field_$reql_type$: 8,
      field_time: 9,
      field_name: 10,
    });
    expect(fitFields({ a: { name: 1, $reql_type$: 2 } })).to.deep.equal({
      a: { name: 1, field_$reql_type$: 2 },
    });
    expect(Object.getPrototypeOf(fitFields(JSON.parse('{"__proto__":{"x":1}}')))).to.equal(
      Object.prototype,
    );
  });

  it('refuses what throws when it is read', () => {
    const throwing = Object.defineProperty({}, 'a', { enumerable: true, get: () => { throw new Error('no'); } }); // biome-ignore format: one line
    expect(reason(() => fitFields(throwing))).to.equal('unreadable value');
    expect(reason(() => fitValue({ toJSON: () => { throw new Error('no'); } }))).to.equal('unreadable value'); // biome-ignore format: one line
  });

  it('takes the first 64 keys and tags', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, i]));
    expect(Object.keys(fitFields(many))).to.deep.equal(Object.keys(many).slice(0, 64));
    expect(Object.keys(fitTags(many))).to.deep.equal(Object.keys(many).slice(0, 64));
    expect(fitTags(Array.from({ length: 100 }, (_, i) => `t${i}`))).to.have.lengthOf(64);
  });

  it('sorts a list of tags and takes each once', () => {
    expect(fitTags(['b', 'a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    expect(fitTags([1, true, null, undefined, ['x']])).to.deep.equal(['1', '["x"]', 'true']);
  });

  it('bounds a whole report', () => {
    const large = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [
        `k${i}`,
        ['x'.repeat(65_536), 'y'.repeat(65_536), 'z'.repeat(65_536)],
      ]),
    );
    expect(reason(() => fitFields(large))).to.equal('too large');
    expect(reason(() => fitValue(Array.from({ length: 70_000 }, () => 1)))).to.equal(
      'too many values',
    );
  });

  it('caps texts in UTF-8 bytes, splits no character and is well formed', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
            fc.constant('\ud800'),
          ),
        }),
        fc.nat({ max: 40 }),
        (text, bytes) => {
          const cut = capText(text, bytes);
          expect(Buffer.byteLength(cut)).to.be.at.most(bytes);
          expect(cut.isWellFormed()).to.equal(true);
          const whole = text.toWellFormed();
          expect(whole.startsWith(cut)).to.equal(true);
          const next = [...whole.slice(cut.length)][0];
          if (next !== undefined) expect(Buffer.byteLength(cut + next)).to.be.above(bytes);
        },
      ),
    );
  });

  it('lets nothing through that JSON could not hold, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.object({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          maxDepth: 5,
        }),
        (given) => {
          if (reason(() => fitFields(given)) !== undefined) return;
          const fields = fitFields(given);
          expect(
            JSON.parse(JSON.stringify(fields, (_, v) => (typeof v === 'bigint' ? String(v) : v))),
          ).to.be.an('object');
          expect(fitFields(fields)).to.deep.equal(fields);
          expect(Object.keys(fields).length).to.be.at.most(LIMITS.keys);
        },
      ),
    );
  });
});
