import { expect } from 'chai';
import { FamilyMap } from '../../../../src/metrics/family-map.js';

describe('FamilyMap', () => {
  it('knows each name, also where others of the same length come in between', () => {
    const map = new FamilyMap<number>();
    const names = ['', 'a', 'b', 'c'.repeat(64), 'd'.repeat(65), 'e'.repeat(128)];
    for (const [family, name] of names.entries()) map.set(name, family);
    for (let turn = 0; turn < 3; turn++)
      for (const [family, name] of names.entries()) expect(map.known(name)).to.equal(family);
  });

  it('does not know a name before it is set, and knows it from then on', () => {
    const map = new FamilyMap<number>();
    expect(map.known('a')).to.equal(undefined);
    expect(map.known('')).to.equal(undefined);
    map.set('a', 1).set('', 2);
    expect(map.known('a')).to.equal(1);
    expect(map.known('')).to.equal(2);
    expect(map.known('b')).to.equal(undefined);
  });

  it('knows nothing under what is not a text', () => {
    const map = new FamilyMap<number>();
    map.set('1', 1);
    for (const name of [1, undefined, null, {}, ['1']]) expect(map.known(name)).to.equal(undefined);
  });
});
