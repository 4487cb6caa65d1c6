import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Backing,
  HeapBacking,
  type LayoutEntry,
  type Movable,
} from '../../../bridges/cells/backing.js';
import type { Cell } from '../../../bridges/cells/cell.js';
import { DuplicateValueError } from '../../../bridges/cells/errors.js';
import { Memory } from '../../../bridges/cells/memory.js';
import type { HistogramCell } from '../../../bridges/cells/series/exponential-histogram.js';
import { CounterCell } from '../../../bridges/cells/single/counter-cell.js';
import { FloatCell } from '../../../bridges/cells/single/float-cell.js';
import { IntegerCell } from '../../../bridges/cells/single/integer-cell.js';
import { StateCell } from '../../../bridges/cells/single/state-cell.js';
import type {
  AnyFamily,
  CellStore,
  HistogramFamily,
  Subscription,
} from '../../../bridges/cells/store.js';

export interface StoreUnderTest {
  store: CellStore & Movable;
  /** Lets go of files and the like. */
  dispose?(): void;
}

/** What every cell store does. Call it inside a mocha file; `make` gives a fresh store for each test. */
export function cellStoreSuite(name: string, make: () => StoreUnderTest): void {
  describe(`${name} keeps the contract of cell stores`, () => {
    let under: StoreUnderTest;
    let store: CellStore & Movable;
    beforeEach(() => {
      under = make();
      store = under.store;
    });
    afterEach(() => under.dispose?.());

    describe('single cells', () => singleCells(() => store));
    describe('series', () => series(() => store));
    describe('leaving', () => leaving(() => store));
    describe('moving', () => moving(() => store));
  });
}

let made = 0;
const dimensions = (): Record<string, string> => ({ group: 'test', metric: `m${made++}` });

const small = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const wide = fc.oneof(
  small,
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0, -0, 1, -1),
);
const bad: unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1.5,
  '1',
  null,
  {},
  Symbol('x'),
  2n ** 70n,
];

function singleCells(store: () => CellStore & Movable): void {
  const added = <One extends Cell>(cell: One): One => {
    store().add(cell);
    return cell;
  };

  it('counts like unsigned 64 bits, carries and wraps', () => {
    fc.assert(
      fc.property(fc.array(wide), fc.boolean(), (steps, early) => {
        const cell = new CounterCell(dimensions());
        if (!early) store().add(cell);
        let model = 0n;
        for (const step of steps) {
          cell.incr(step);
          if (step >= 0) model = BigInt.asUintN(64, model + BigInt(step));
        }
        if (early) store().add(cell);
        expect(cell.get()).to.equal(model);
      }),
    );
  });

  it('sets and moves integers like signed 64 bits', () => {
    const step = fc.tuple(fc.constantFrom('set', 'incr', 'decr'), wide);
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cell = added(new IntegerCell(dimensions()));
        let model = 0n;
        for (const [what, value] of steps) {
          if (what === 'decr' && value === -(2n ** 63n)) continue;
          cell[what as 'set'](value);
          const by = BigInt(value);
          model = BigInt.asIntN(
            64,
            what === 'set' ? by : what === 'incr' ? model + by : model - by,
          );
        }
        expect(cell.exact()).to.equal(model);
        expect(cell.get()).to.equal(Number(model));
      }),
    );
  });

  it('sets and moves floats', () => {
    const cell = added(new FloatCell(dimensions()));
    cell.set(1.5);
    cell.incr();
    cell.incr(-0.25);
    expect(cell.get()).to.equal(2.25);
  });

  it('drops bad values without throwing', () => {
    const cells = [new CounterCell(dimensions()), new IntegerCell(dimensions())].map(added);
    const float = added(new FloatCell(dimensions()));
    const state = added(new StateCell(dimensions()));
    for (const value of bad as never[]) {
      for (const cell of cells) cell.incr(value);
      (cells[1] as IntegerCell).set(value);
      (cells[1] as IntegerCell).decr(value);
      if (value !== 1.5) float.set(value);
    }
    cells[0]!.incr(-1);
    state.enter(5 as never);
    expect(cells.map((cell) => Number(cell.get()))).to.deep.equal([0, 0]);
    expect(float.get()).to.equal(0);
    expect(state.get()).to.equal(null);
  });

  it('enters and leaves states, cutting texts between characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 1, max: 70 }),
        fc.boolean(),
        (text, size, encoded) => {
          const cell = added(new StateCell(dimensions(), { size }));
          cell.enter('a longer text that was there before, and is gone without a trace', 1);
          if (encoded) cell.enterEncoded(cell.encode(text), 1_764_000_000_123);
          else cell.enter(text, 1_764_000_000_123);
          let expected = '';
          for (const character of text.split('\0')[0]!) {
            if (Buffer.byteLength(expected + character) > size) break;
            expected += character;
          }
          expect(cell.get()).to.deep.equal({ text: expected, since: new Date(1_764_000_000_123) });
          cell.exit();
          expect(cell.get()).to.equal(null);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses the same dimensions twice, whatever the order of keys and the kind', () => {
    store().add(new CounterCell({ a: '1', b: '\ud800' }));
    expect(() => store().add(new FloatCell({ b: '\ufffd', a: '1' })))
      .to.throw(DuplicateValueError)
      .with.property('code', 'KANEDA_DUPLICATE_VALUE');
    store().add(new FloatCell({ a: '1' }));
    expect([...store().cells].length).to.equal(2);
  });

  it('lays cells out without overlap, where they say they are', () => {
    const cells = [3, 56, 8, 1, 64].flatMap((size) => [
      new StateCell(dimensions(), { size }),
      new CounterCell(dimensions()),
    ]);
    for (const cell of cells) store().add(cell);
    store().family('sum', 'laid.out').add({ group: 'g', a: 1 }, 1);
    store().family('gauge', 'laid.out').set(['x', 'y'], 1);
    const places = store().layout();
    expectApart(places);
    for (const cell of cells)
      expect(places).to.deep.include({
        index: cell.index,
        bytes: cell.bytes,
        kind: cell.kind,
        dimensions: cell.dimensions,
      });
    const own = places
      .filter(({ dimensions: { metric } }) => metric === 'laid.out')
      .map((place) => place.dimensions);
    expect(own).to.deep.equal([
      { metric: 'laid.out', tag_group: 'g', a: '1' },
      { metric: 'laid.out', tags: 'x,y' },
    ]);
  });
}

function expectApart(places: readonly LayoutEntry[]): void {
  let end = 0;
  for (const { index, bytes } of places) {
    expect(index).to.be.at.least(end);
    end = index + Math.ceil(bytes / 8);
  }
}

function series(store: () => CellStore & Movable): void {
  it('has one family for each kind and name', () => {
    expect(store().family('sum', 'n')).to.equal(store().family('sum', 'n'));
    store().family('gauge', 'n');
    store().family('histogram', 'n');
    expect([...store().families].map(({ kind }) => kind)).to.deep.equal([
      'sum',
      'gauge',
      'histogram',
    ]);
  });

  it('adds, sets and records by tags, over many series', () => {
    const [sums, gauges, times] = [
      store().family('sum', 'n'),
      store().family('gauge', 'n'),
      store().family('histogram', 'n'),
    ];
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 3000; i++) {
        expect(sums.add({ a: i % 50, b: i }, i)).to.equal(true);
        expect(gauges.set({ b: i, a: i % 50 }, i)).to.equal(true);
        expect(times.record([`t${i % 100}`], i)).to.equal(true);
      }
    }
    expect([sums.size, gauges.size, times.size]).to.deep.equal([1050, 1050, 100]);
    expect(sums.value(sums.find({ b: 7, a: 7 }))).to.equal(14);
    expect(gauges.value(gauges.find({ a: 7, b: 7 }))).to.equal(7);
    const folded = sums.value(sums.find({ a: 0, b: 2950 }));
    expect(folded).to.equal(2 * sumOf(Array.from({ length: 40 }, (_, i) => 1000 + 50 * i)));
  });

  it('records no value that is no duration', () => {
    const times = store().family('histogram', 'n');
    expect(
      [-1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never].map((value) =>
        times.record({}, value),
      ),
    ).to.deep.equal([false, false, false, false]);
  });

  it('refuses what the policy refuses or what cannot be read, and throws nothing', () => {
    const failed: unknown[] = [];
    const policy = {
      admit: (tags: object) => ('bad' in tags ? undefined : (tags as never)),
      keeps: () => true,
      failed: (error: unknown) => failed.push(error),
    };
    const sums = store().family('sum', 'n', { policy });
    const hostile = {
      get a(): string {
        throw new Error('no');
      },
    };
    let reads = 0;
    const changing = {
      get a(): string {
        return reads++ < 1 ? 'fine' : ({} as string);
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expect(sums.add({ bad: 1 }, 1)).to.equal(false);
    expect(sums.add(hostile, 1)).to.equal(false);
    expect(sums.add(revoked.proxy as never, 1)).to.equal(false);
    expect(sums.add(changing, 1)).to.equal(false);
    expect(sums.add([5] as never, 1)).to.equal(false);
    sums.remove(hostile);
    expect(failed.length).to.equal(5);
    expect(sums.size).to.equal(0);
  });

  it('tells observers of what there is and of what comes', () => {
    store().add(new CounterCell(dimensions()));
    store().family('sum', 'early');
    const seen: string[] = [];
    const subscription = store().observe({
      family: ({ name }) => seen.push(name),
      cell: ({ kind }) => seen.push(kind),
    });
    store().family('gauge', 'late');
    store().add(new FloatCell(dimensions()));
    subscription.stop();
    store().family('gauge', 'too late');
    expect(seen).to.deep.equal(['counter', 'early', 'late', 'float']);
  });

  it('goes on when an observer throws', () => {
    store().observe({
      family: () => {
        throw new Error('no');
      },
    });
    expect(store().family('sum', 'n').add({}, 1)).to.equal(true);
  });
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** An observer that shows a store's series as text. */
class Viewer {
  readonly #store: CellStore;
  readonly subscription: Subscription;
  readonly released: number[] = [];

  constructor(store: CellStore) {
    this.#store = store;
    this.subscription = store.observe({ released: (_, slot) => this.released.push(slot) });
  }

  collect(now = 0): string[] {
    this.subscription.collecting(now);
    const seen = shown(this.#store);
    this.subscription.collected();
    return seen;
  }
}

function shown(store: CellStore): string[] {
  const seen: string[] = [];
  for (const family of store.families) {
    const walk = family.walk((slot, attributes) => {
      seen.push(
        `${JSON.stringify(attributes)}${family.kind === 'histogram' ? '' : `=${family.value(slot)}`}`,
      );
    });
    for (const _ of walk);
  }
  return seen;
}

function leaving(store: () => CellStore & Movable): void {
  it('shows a removed series once more to each observer, then to none', () => {
    const sums = store().family('sum', 'n');
    const [one, two] = [new Viewer(store()), new Viewer(store())];
    sums.add({ a: 1 }, 5);
    const slot = sums.find({ a: 1 });
    sums.remove({ a: 1 });
    sums.remove({ a: 2 });
    expect(one.collect()).to.deep.equal(['{"a":1}=5']);
    expect(one.collect()).to.deep.equal(['{"a":1}=5']);
    expect(two.collect()).to.deep.equal(['{"a":1}=5']);
    expect([one.collect(), two.collect()]).to.deep.equal([[], []]);
    expect([one.released, two.released]).to.deep.equal([[slot], [slot]]);
    expect(sums.size).to.equal(0);
    sums.add({ a: 1 }, 2);
    expect(one.collect()).to.deep.equal(['{"a":1}=2']);
  });

  it('keeps a series that a call reaches before it is gone', () => {
    const sums = store().family('sum', 'n');
    const one = new Viewer(store());
    sums.add({ a: 1 }, 5);
    sums.remove({ a: 1 });
    sums.add({ a: 1 }, 1);
    expect([one.collect(), one.collect()]).to.deep.equal([['{"a":1}=6'], ['{"a":1}=6']]);
    sums.remove({ a: 1 });
    expect(one.collect()).to.deep.equal(['{"a":1}=6']);
    sums.add({ a: 1 }, 1);
    expect(one.collect()).to.deep.equal(['{"a":1}=7']);
    expect(one.released).to.deep.equal([]);
  });

  it('waits for the first observer with what is removed while there is none', () => {
    store().family('gauge', 'n').set(undefined, 5);
    store().family('gauge', 'n').remove();
    const one = new Viewer(store());
    expect([one.collect(), one.collect()]).to.deep.equal([['{}=5'], []]);
  });

  it('does not wait for an observer that has stopped', () => {
    store().family('gauge', 'n').set(undefined, 5);
    const [one, two] = [new Viewer(store()), new Viewer(store())];
    store().family('gauge', 'n').remove();
    expect(one.collect()).to.deep.equal(['{}=5']);
    two.subscription.stop();
    expect(one.collect()).to.deep.equal([]);
  });

  it('shows again what is removed while a collection goes on', () => {
    const sums = store().family('sum', 'n');
    sums.add({}, 1);
    const one = new Viewer(store());
    one.subscription.collecting(0);
    for (const _ of sums.walk(() => undefined));
    sums.add({}, 1);
    sums.remove();
    one.subscription.collected();
    expect([one.collect(), one.collect()]).to.deep.equal([['{}=2'], []]);
  });

  it('forgets what was not called for forgetAfter, of every kind, and nothing sooner', () => {
    const options = { forgetAfter: 1000 };
    const [sums, gauges, times] = [
      store().family('sum', 's', options),
      store().family('gauge', 'g', options),
      store().family('histogram', 'h', options),
    ];
    const one = new Viewer(store());
    sums.add({ old: 1 }, 1);
    gauges.set({ old: 1 }, 1);
    times.record({ old: 1 }, 1);
    store().family('sum', 'for ever').add({}, 1);
    let now = 5_000_000;
    let last = 0;
    for (; last === 0 && now < 5_004_000; now += 100) {
      sums.add({ live: 1 }, 1);
      if (one.collect(now).length === 2) last = now - 100;
    }
    expect(last - 5_000_000).to.be.within(1000, 1200);
    expect(one.released.length).to.equal(3);
    sums.add({ old: 1 }, 1);
    expect(one.collect(now)).to.include('{"old":1}=1');
  });

  it('matches a model under any mixture of calls, removals and collections by two observers', () => {
    const tags = fc.constantFrom(
      { a: 1 },
      { a: 2, b: 1 },
      { b: 1, a: 2 },
      ['x', 'y'],
      ['y', 'x'],
      {},
    );
    const command = fc.tuple(fc.constantFrom('add', 'add', 'remove', 'first', 'second'), tags);
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const name = `model ${made++}`;
        const sums = store().family('sum', name);
        const viewers = [new Viewer(store()), new Viewer(store())] as const;
        let recorded = 0;
        const handed: [number, number] = [0, 0];
        for (const [what, to] of [...commands, ['first', {}], ['second', {}]] as const) {
          if (what === 'add') recorded += Number(sums.add(to, 1));
          else if (what === 'remove') sums.remove(to);
          else
            handed[what === 'first' ? 0 : 1] += deltas(
              what === 'first' ? viewers[0] : viewers[1],
              sums,
            );
        }
        expect(handed).to.deep.equal([recorded, recorded]);
        for (const { subscription } of viewers) subscription.stop();
      }),
      { numRuns: 300 },
    );

    /** What was added since this viewer's last collection, by baselines of its own. */
    function deltas(
      viewer: Viewer & { baselines?: Map<number, number> },
      family: AnyFamily & { value?(slot: number): number },
    ): number {
      viewer.baselines ??= new Map();
      for (const slot of viewer.released.splice(0)) viewer.baselines.delete(slot);
      let all = 0;
      viewer.subscription.collecting(0);
      const walk = family.walk((slot) => {
        for (const gone of viewer.released.splice(0)) viewer.baselines!.delete(gone);
        all += family.value!(slot) - (viewer.baselines!.get(slot) ?? 0);
        viewer.baselines!.set(slot, family.value!(slot));
      });
      for (const _ of walk);
      viewer.subscription.collected();
      return all;
    }
  });
}

function moving(store: () => CellStore & Movable): void {
  const filled = (): { cells: Cell[]; histogram: HistogramFamily } => {
    const cells = [
      new CounterCell(dimensions()),
      new IntegerCell(dimensions()),
      new FloatCell(dimensions()),
      new StateCell(dimensions(), { size: 13 }),
    ];
    for (const cell of cells) store().add(cell);
    (cells[0] as CounterCell).incr(2n ** 63n);
    (cells[1] as IntegerCell).set(-5);
    (cells[2] as FloatCell).set(0.5);
    (cells[3] as StateCell).enter('working', 77);
    for (let i = 0; i < 700; i++) {
      store().family('sum', 'n').add({ i }, i);
      store().family('gauge', 'n').set({ i }, i);
    }
    const histogram = store().family('histogram', 'n');
    histogram.record({ i: 1 }, 5);
    return { cells, histogram };
  };
  const values = (cells: readonly Cell[]): unknown[] =>
    cells.map((cell) => (cell as unknown as { get(): unknown }).get());

  it('carries every value to another home and back, and goes on there', () => {
    const { cells } = filled();
    const before = [values(cells), shown(store())];
    const homes = [new TestHome(), new HeapBacking(), new TestHome()];
    for (const home of homes) {
      store().moveTo(home);
      expect([values(cells), shown(store())]).to.deep.equal(before);
      expectApart(store().layout());
    }
    expect(homes.map((home) => (home instanceof TestHome ? home.leftWith : ''))).to.deep.equal([
      'no error',
      '',
      '',
    ]);
    (cells[0] as CounterCell).incr(1);
    (cells[3] as StateCell).enter('moved', 78);
    store().family('sum', 'n').add({ i: 5 }, 1);
    store().family('sum', 'n').add({ i: 'new' }, 9);
    expect(values(cells)).to.deep.equal([
      2n ** 63n + 1n,
      -5,
      0.5,
      { text: 'moved', since: new Date(78) },
    ]);
    const sums = store().family('sum', 'n');
    expect([sums.value(sums.find({ i: 5 })), sums.value(sums.find({ i: 'new' }))]).to.deep.equal([
      6, 9,
    ]);
    const home = homes[2] as TestHome;
    expect(home.memory.u64[cells[0]!.index]).to.equal(2n ** 63n + 1n);
    expect(home.layout.length).to.equal(4 + 1401);
  });

  it('keeps its observers, their histograms and what is leaving', () => {
    const viewer = new Viewer(store());
    const { histogram } = filled();
    const reader = histogram.open({ cumulative: false });
    store().family('sum', 'n').remove({ i: 3 });
    store().moveTo(new TestHome());
    expect(viewer.collect()).to.include('{"i":3}=3');
    const read: HistogramCell['count'][] = [];
    reader.take(histogram.find({ i: 1 }), ({ count, sum }) => read.push(count, sum));
    expect(read).to.deep.equal([1, 5]);
    expect(viewer.collect().filter((text) => text === '{"i":3}=3').length).to.equal(1);
    expect(viewer.released.length).to.equal(1);
  });

  it('leaves the word of a series that is gone alone until its home lets go of it', () => {
    const home = new TestHome();
    store().moveTo(home);
    home.keep = true;
    const viewer = new Viewer(store());
    const sums = store().family('sum', 'n');
    sums.add({ a: 1 }, 1);
    const slot = sums.find({ a: 1 });
    sums.remove({ a: 1 });
    viewer.collect();
    viewer.collect();
    expect(home.memory.f64[slot]).to.equal(0);
    expect(sums.find({ a: 2 })).not.to.equal(slot);
    for (const release of home.kept) release();
    expect(sums.find({ a: 3 })).to.equal(slot);
  });

  it('changes nothing when the other home has no room', () => {
    const { cells } = filled();
    const before = [values(cells), shown(store())];
    expect(() => store().moveTo(new TestHome(10))).to.throw('no room');
    expect([values(cells), shown(store())]).to.deep.equal(before);
  });

  it('goes on on the heap when its home has no more room', () => {
    const { cells } = filled();
    const home = new TestHome(1500);
    store().moveTo(home);
    for (let i = 0; i < 900; i++) store().family('sum', 'more').add({ i }, 1);
    expect(home.leftWith).to.equal('no room');
    expect(values(cells)[0]).to.equal(2n ** 63n);
    expect(sumOf(shown(store()).map((text) => Number(text.split('=')[1] ?? 0)))).to.equal(
      2 * 699 * 350 + 900,
    );
  });
}

/** Memory that shows what a store does with it, and is out of room when the test wants it. */
class TestHome implements Backing {
  readonly #most: number;
  memory = Memory.heap(0);
  leftWith = '';
  keep = false;
  readonly kept: (() => void)[] = [];
  #layout: () => LayoutEntry[] = () => [];

  constructor(most = 100_000) {
    this.#most = most;
  }

  reserve(words: number): Memory {
    if (words > this.#most) throw new Error('no room');
    if (words > this.memory.words) this.memory = Memory.heap(words + 100);
    return this.memory;
  }

  changed(layout: () => LayoutEntry[]): void {
    this.#layout = layout;
  }

  onWordFreed(release: () => void): void {
    if (this.keep) this.kept.push(release);
    else release();
  }

  get layout(): LayoutEntry[] {
    return this.#layout();
  }

  onAbandoned(error?: unknown): void {
    this.leftWith = error === undefined ? 'no error' : (error as Error).message;
  }
}
