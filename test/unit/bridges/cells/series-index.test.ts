import { expect } from 'chai';
import fc from 'fast-check';
import { KEY_LIMIT, SeriesIndex, UNKNOWN } from '../../../../bridges/cells/series/series-index.js';
import { OTHER } from '../../../../bridges/cells/series/tag-values.js';
import type {
  SeriesAttributes,
  TagPolicy,
  Tags,
  TagValue,
} from '../../../../bridges/cells/store.js';

const admitAll: TagPolicy = { admit: (tags) => tags, keeps: () => true };

/** A index with slots counted from 0, as a family would use it. */
class Slots {
  readonly folded: (string | undefined)[] = [];
  readonly index: SeriesIndex;
  foldedKeys = 0;
  next = 0;

  constructor(tagLimit = 1000, policy: TagPolicy | undefined = admitAll) {
    this.index = new SeriesIndex({
      policy,
      tagLimit,
      listLimit: 5000,
      folding: (key) => this.folded.push(key),
      foldingKeys: () => this.foldedKeys++,
    });
  }

  slot(tags: Tags = {}): number {
    const found = this.index.find(tags);
    return found === UNKNOWN ? this.index.resolve(tags, tags, () => this.next++) : found;
  }

  walked(): Map<number, SeriesAttributes> {
    const seen = new Map<number, SeriesAttributes>();
    const visit = (slot: number, attributes: SeriesAttributes): void => {
      expect(seen.has(slot), `slot ${slot} twice`).to.equal(false);
      seen.set(slot, attributes);
    };
    for (const _ of this.index.walk(visit));
    return seen;
  }
}

const canonical = (tags: Tags): string =>
  Array.isArray(tags) && tags.length > 0
    ? `list ${JSON.stringify([...new Set(tags as readonly string[])].sort())}`
    : JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)));

const key = fc.constantFrom('a', 'b', 'c', '1', '0', '__proto__', 'constructor', '');
const value: fc.Arbitrary<TagValue> = fc.oneof(
  fc.constantFrom('x', 'y', '1', 'true', '', 'a', '/x/list', '/y/list'),
  fc.integer({ min: 0, max: 3 }),
  fc.boolean(),
);
/** Entries in any order, so that the same set comes with its keys in different orders. */
const record: fc.Arbitrary<Tags> = fc
  .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 6 })
  .map((entries) => Object.fromEntries(entries));
const list: fc.Arbitrary<Tags> = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 });
const anyTags = fc.oneof({ weight: 3, arbitrary: record }, list);

describe('SeriesIndex', () => {
  it('finds one slot for each set of tags, whatever the order, as a map by canonical JSON does', () => {
    fc.assert(
      fc.property(fc.array(anyTags, { maxLength: 200 }), (calls) => {
        const slots = new Slots();
        const model = new Map<string, number>();
        for (const tags of calls) {
          const slot = slots.slot(tags);
          const id = canonical(tags);
          if (!model.has(id)) model.set(id, slot);
          expect(slot).to.equal(model.get(id));
        }
        expect(slots.next).to.equal(model.size);
        const walked = slots.walked();
        expect(walked.size).to.equal(model.size);
        for (const [slot, attributes] of walked) {
          const tags = Array.isArray(attributes.tags) ? attributes.tags : (attributes as Tags);
          expect(model.get(canonical(tags))).to.equal(slot);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('folds keys past their limit into one, together with each other, and gives a key its place back', () => {
    const slots = new Slots();
    for (let i = 0; i < KEY_LIMIT; i++) slots.slot({ [`k${i}`]: 1 });
    expect(slots.foldedKeys).to.equal(0);
    const other = slots.slot({ z1: 'a' });
    expect(other).to.equal(KEY_LIMIT);
    for (const tags of [{ z2: 1 }, { z1: 1, z2: 2 }, { [OTHER]: OTHER }] as Tags[])
      expect(slots.slot(tags)).to.equal(other);
    const beside = slots.slot({ z3: 1, k7: 1 });
    expect(slots.slot({ k7: 1, z1: 'b' })).to.equal(beside);
    expect(slots.slot({ k7: 1 })).to.equal(7);
    expect(slots.foldedKeys).to.equal(1);
    expect(slots.walked().get(other)).to.deep.equal({ [OTHER]: OTHER });
    expect(slots.walked().get(beside)).to.deep.equal({ [OTHER]: OTHER, k7: 1 });
    slots.index.delete({ k3: 1 });
    const back = slots.slot({ z1: 'a' });
    expect(slots.walked().get(back)).to.deep.equal({ z1: 'a' });
    slots.index.delete({ [OTHER]: OTHER });
    expect(slots.index.lookup({ [OTHER]: OTHER })).to.equal(UNKNOWN);
  });

  it('forgets exactly what is deleted, by every path', () => {
    const command = fc.tuple(fc.constantFrom('call', 'call', 'delete'), anyTags);
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
        const slots = new Slots();
        const model = new Map<string, number>();
        for (const [what, tags] of commands) {
          const id = canonical(tags);
          if (what === 'call') {
            const slot = slots.slot(tags);
            if (model.has(id)) expect(slot).to.equal(model.get(id));
            else expect([...model.values()]).not.to.include(slot);
            model.set(id, slot);
          } else {
            expect(slots.index.lookup(tags)).to.equal(model.get(id) ?? UNKNOWN);
            if (model.delete(id)) slots.index.delete(tags);
            expect(slots.index.find(tags)).to.equal(UNKNOWN);
          }
        }
        expect([...slots.walked().keys()].sort()).to.deep.equal([...model.values()].sort());
      }),
      { numRuns: 500 },
    );
  });

  it('finds tags in a known order without asking the policy or the slow way', () => {
    const slots = new Slots();
    const slot = slots.slot({ a: 1, b: 2 });
    expect(slots.index.find({ a: 1, b: 2 })).to.equal(slot);
    expect(slots.index.find({ b: 2, a: 1 })).to.equal(UNKNOWN);
    expect(slots.slot({ b: 2, a: 1 })).to.equal(slot);
    expect(slots.index.find({ b: 2, a: 1 })).to.equal(slot);
    const items = slots.slot(['y', 'x']);
    expect(slots.index.find(['y', 'x'])).to.equal(items);
    expect(slots.slot(['x', 'y', 'x'])).to.equal(items);
  });

  it('keeps at most nine paths to a series, however many orders its keys come in', () => {
    const slots = new Slots();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const orders = permutations(keys);
    const found = orders.map((order) =>
      slots.slot(Object.fromEntries(order.map((name) => [name, 1]))),
    );
    expect(new Set(found)).to.deep.equal(new Set([0]));
    const fast = orders.filter(
      (order) => slots.index.find(Object.fromEntries(order.map((name) => [name, 1]))) !== UNKNOWN,
    );
    expect(fast.length).to.equal(9);
    slots.index.delete({ a: 1, b: 1, c: 1, d: 1, e: 1 });
    for (const order of orders)
      expect(slots.index.find(Object.fromEntries(order.map((name) => [name, 1])))).to.equal(
        UNKNOWN,
      );
  });

  it('tells 1, "1" and true apart, and a list from a record', () => {
    const slots = new Slots();
    const all: Tags[] = [{ a: 1 }, { a: '1' }, { a: true }, ['a'], { a: 'a' }, { '': 'a' }, {}];
    expect(all.map((tags) => slots.slot(tags))).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(slots.slot([])).to.equal(6);
  });

  it('folds a key past its limit, that key alone, and says so once', () => {
    const slots = new Slots(3);
    for (let id = 0; id < 1000; id++) slots.slot({ id, route: id % 2 === 0 ? '/a' : '/b' });
    expect(slots.folded).to.deep.equal(['id']);
    expect(slots.next).to.equal(5);
    const ids = [...slots.walked().values()].map(({ id }) => id);
    expect(new Set(ids)).to.deep.equal(new Set([0, 1, 2, OTHER]));
    expect(slots.index.find({ id: 123_456, route: '/a' })).to.be.at.least(0);
    expect(slots.index.lookup({ id: 123_456, route: '/a' })).to.equal(UNKNOWN);
  });

  it('counts a given __other__ beside the real values', () => {
    const slots = new Slots(2);
    const other = slots.slot({ id: OTHER });
    expect(slots.slot({ id: 1 })).not.to.equal(slots.slot({ id: 2 }));
    expect(slots.slot({ id: 3 })).to.equal(other);
  });

  it('folds the same way whatever the order of keys, and makes no path for folded values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20), fc.nat(20), fc.boolean()), { maxLength: 200 }),
        (calls) => {
          const slots = new Slots(3);
          const seen: Record<'a' | 'b', Set<number>> = { a: new Set(), b: new Set() };
          const fold = (name: 'a' | 'b', one: number): TagValue => {
            if (seen[name].size < 3) seen[name].add(one);
            return seen[name].has(one) ? one : OTHER;
          };
          const model = new Map<string, number>();
          for (const [a, b, turned] of calls) {
            const slot = slots.slot(turned ? { b, a } : { a, b });
            const id = canonical({ a: fold('a', a), b: fold('b', b) });
            if (!model.has(id)) model.set(id, slot);
            expect(slot).to.equal(model.get(id));
          }
          expect(slots.next).to.be.at.most(16);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has room for new values once series with old ones are gone', () => {
    const slots = new Slots(2);
    slots.slot({ pod: 'a' });
    slots.slot({ pod: 'b' });
    const other = slots.slot({ pod: 'c' });
    slots.index.delete({ pod: 'a' });
    expect(slots.slot({ pod: 'c' })).not.to.equal(other);
    expect(slots.slot({ pod: 'd' })).to.equal(other);
  });

  it('asks the policy before it folds an unknown value', () => {
    const slots = new Slots(1, { admit: (tags) => tags, keeps: (one) => typeof one === 'string' });
    slots.slot({ id: 'a' });
    slots.slot({ id: 'b' });
    expect(slots.index.find({ id: 'c' })).to.be.at.least(0);
    expect(slots.index.find({ id: {} } as unknown as Tags)).to.equal(UNKNOWN);
  });

  it('sees own properties only, and skips undefined ones', () => {
    const slots = new Slots();
    const slot = slots.slot({ a: 1 });
    expect(
      slots.slot(
        Object.assign(Object.create({ inherited: 'x' }) as Record<string, number>, { a: 1 }),
      ),
    ).to.equal(slot);
    expect(slots.slot({ a: 1, b: undefined } as unknown as Tags)).to.equal(slot);
    expect(slots.index.find({ b: undefined, a: 1 } as unknown as Tags)).to.equal(slot);
    expect(slots.slot({ inherited: 'x', a: 1 })).not.to.equal(slot);
  });

  it('gives the numbers of values that no series has to other values', () => {
    const slots = new Slots(10);
    for (let turn = 0; turn < 50; turn++) {
      const tags = Array.from({ length: 8 }, (_, i) => ({
        zone: 'eu',
        pod: `${turn}-${i}`,
        [`k${turn}`]: i,
      }));
      const made = tags.map((one) => slots.slot(one));
      expect([...slots.walked().values()]).to.deep.equal(tags);
      expect(tags.map((one) => slots.index.find(one))).to.deep.equal(made);
      for (const one of tags) slots.index.delete(one);
      expect(slots.walked().size).to.equal(0);
    }
    expect(slots.folded).to.deep.equal([]);
  });

  it('tells apart values with one end and one length', () => {
    const slots = new Slots();
    const values = ['', 'a', 'list', ...Array.from({ length: 90 }, (_, i) => `/${10 + i}/list`)];
    const made = values.map((route) => slots.slot({ route }));
    expect(new Set(made).size).to.equal(values.length);
    for (let turn = 0; turn < 2; turn++)
      expect(values.map((route) => slots.index.find({ route }))).to.deep.equal(made);
    slots.index.delete({ route: '/50/list' });
    expect(slots.index.find({ route: '/50/list' })).to.equal(UNKNOWN);
  });

  it('finds a series although a getter among its tags records too', () => {
    const slots = new Slots();
    const inner = slots.slot({ a: 'x', b: 'y' });
    const outer = slots.slot({ a: 'z', b: 'z' });
    const tags = Object.defineProperty({ a: 'z' }, 'b', {
      enumerable: true,
      get: () => (slots.slot({ a: 'x', b: 'y' }) === inner ? 'z' : 'wrong'),
    });
    expect(slots.slot(tags as Tags)).to.equal(outer);
  });

  it('can be changed while it is walked', () => {
    const slots = new Slots(10_000);
    for (let i = 0; i < 1000; i++) slots.slot({ a: i % 10, b: i });
    const seen = new Set<number>();
    let turn = 0;
    for (const _ of slots.index.walk((slot) => seen.add(slot))) {
      slots.slot({ a: turn % 10, b: 5000 + turn++ });
      slots.index.delete({ a: 9, b: 9 + 10 * turn });
    }
    for (let i = 0; i < 1000; i++) if (i % 10 !== 9) expect(seen.has(i)).to.equal(true);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, i) =>
    permutations(items.filter((_, at) => at !== i)).map((rest) => [first, ...rest]),
  );
}
