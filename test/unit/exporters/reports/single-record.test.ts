import { expect } from 'chai';
import fc from 'fast-check';
import { KANEDA } from '../../../../exporters/reports/kaneda-attributes.js';
import { SingleRecord } from '../../../../exporters/reports/single-record.js';

const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const key = fc.oneof(fc.string(), fc.constantFrom('tags', 'toString', ...Object.values(KANEDA)));

describe('The record of a single call', () => {
  it('has its tags and its own attributes, which no tag of their name replaces', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value),
        fc.option(fc.string(), { nil: undefined }),
        (tags, unit) => {
          const more = { id: 'an id', ...(unit !== undefined && { unit }) };
          const { attributes } = new SingleRecord('name', 'event', 'text', tags, more);
          const expected: Record<string, unknown> = { ...tags };
          Object.assign(expected, { [KANEDA.metric]: 'event', [KANEDA.id]: 'an id' });
          if (unit !== undefined) expected[KANEDA.unit] = unit;
          expect(attributes).to.deep.equal(expected);
        },
      ),
    );
  });

  it('keeps a sorted copy of a list of tags, and none of the caller’s objects', () => {
    const list = ['b', 'a'];
    const { attributes } = new SingleRecord('name', 'event', 'text', list, { id: 'an id' });
    list.push('c');
    expect(attributes.tags).to.deep.equal(['a', 'b']);
    const tags = { route: '/' };
    const record = new SingleRecord('name', 'event', 'text', tags, { id: 'an id' });
    tags.route = '/other';
    expect(record.attributes.route).to.equal('/');
  });
});
