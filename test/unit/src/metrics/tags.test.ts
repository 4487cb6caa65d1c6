import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Tags } from '../../../../bridges/cells/store.js';
import { areTags, tagPolicy } from '../../../../src/metrics/tag-policy.js';

const admit = (tags: unknown): Tags | undefined => tagPolicy.admit(tags as Tags);

describe('tags', () => {
  it('keeps tags as they are, the same object, when nothing is wrong with them', () => {
    for (const tags of [
      {},
      { route: '/', status: 200, ok: true },
      { zero: 0, empty: '' },
      [],
      ['a', 'b'],
      ['b', 'a'],
    ])
      expect(admit(tags)).to.equal(tags);
  });

  it('makes a set of a list with repeats', () => {
    expect(admit(['b', 'a', 'b'])).to.deep.equal(['a', 'b']);
    // biome-ignore lint/suspicious/noSparseArray: what an application may give
    expect(admit(['a', , 'b'])).to.equal(undefined);
  });

  it('takes plain objects of another realm and instances, and no Map, Set, Date, promise or function', () => {
    expect(admit(runInNewContext('({ a: 1 })'))).to.deep.equal({ a: 1 });
    expect(admit(Object.assign(Object.create(null), { a: 1 }))).to.deep.equal({ a: 1 });
    for (const wrong of [
      new Map([['a', 1]]),
      new Set(['a']),
      new Date(),
      Promise.resolve(),
      () => 1,
      /x/,
    ])
      expect(admit(wrong)).to.equal(undefined);
  });

  it('refuses values that are no tag', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('x'), {}, [], () => 1]) {
      expect(admit({ a: 'fine', b: value }), String(value.toString())).to.equal(undefined);
    }
    for (const item of [null, undefined, 1, {}]) expect(admit(['a', item])).to.equal(undefined);
    expect(admit({ '': 'x' })).to.equal(undefined);
  });

  it('leaves out keys without a value', () => {
    expect(admit({ a: 1, b: undefined })).to.deep.equal({ a: 1 });
  });

  it('keeps the first 64 keys, or items', () => {
    const many = Array.from({ length: 100 }, (_, i) => `key${i}`);
    expect(
      Object.keys(admit(Object.fromEntries(many.map((key) => [key, 1]))) as object),
    ).to.deep.equal(many.slice(0, 64));
    expect(admit(many)).to.deep.equal(many.slice(0, 64).sort());
  });

  it('cuts texts at 1 024 bytes of UTF-8 and never within a character', () => {
    const kept = admit({ ['é'.repeat(600)]: '€'.repeat(400) }) as Record<string, string>;
    expect(kept).to.deep.equal({ ['é'.repeat(512)]: '€'.repeat(341) });
    expect(admit(['😀'.repeat(300)])).to.deep.equal(['😀'.repeat(256)]);
  });

  it('corrects half a surrogate pair', () => {
    expect(admit({ 'a\ud800': 'b\udc00' })).to.deep.equal({ 'a\ufffd': 'b\ufffd' });
  });

  it('says of a value whether it would be kept as it is', () => {
    for (const value of ['x', 1, true, '']) expect(tagPolicy.keeps(value)).to.equal(true);
    for (const value of ['\ud800', 'x'.repeat(1025), Number.NaN, null, undefined, 1n, {}])
      expect(tagPolicy.keeps(value)).to.equal(false);
  });

  it('comes to tags that it would keep as they are, whatever it is given', () => {
    const anything = fc.dictionary(fc.string({ unit: 'binary', maxLength: 40 }), fc.anything(), {
      maxKeys: 80,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          anything,
          fc.array(fc.string({ unit: 'binary' }), { maxLength: 80 }),
          fc.anything(),
        ),
        (given) => {
          if (!areTags(given) || given === undefined) return;
          const kept = admit(given);
          if (kept === undefined) return;
          const items = Array.isArray(kept) ? kept : Object.entries(kept).flat();
          expect(items.length).to.be.at.most(128);
          for (const item of items) expect(tagPolicy.keeps(item)).to.equal(true);
          expect(admit(kept)).to.deep.equal(kept);
        },
      ),
    );
  });
});
