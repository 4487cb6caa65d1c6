import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import {
  type Branch,
  Collection,
  Counter,
  DuplicateValueError,
  DuplicateValueException,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
} from '../../../../src/cantal/index.js';
import { SettingsError } from '../../../../src/errors.js';
import { said } from '../../../support/places.js';

const values = (collection: Collection) =>
  [...collection.cells.cells].map((cell) => [cell.kind, cell.dimensions, (cell as Counter).get()]);

describe("Cantal's classes", () => {
  let collection: Collection;
  let options: { collection: Collection };
  beforeEach(() => {
    collection = new Collection();
    options = { collection };
  });

  it('count: unsigned 64 bits that wrap', () => {
    const counter = new Counter({ metric: 'm' }, options);
    counter.incr();
    counter.incr(5);
    counter.incr(2n ** 33n);
    expect(counter.get()).to.equal(2n ** 33n + 6n);
    counter.incr(2n ** 64n - 2n ** 33n - 6n);
    expect(counter.get()).to.equal(0n);
  });

  it('drop what is no number for them, and say so once each', () => {
    const counter = new Counter({ metric: 'counter' }, options);
    const integer = new Integer({ metric: 'integer' }, options);
    const float = new Float({ metric: 'float' }, options);
    const state = new State({ state: 'state' }, options);
    const lines = said(() => {
      for (const value of [-1, 1.5, Number.NaN, '1', null, {}, -1n] as never[]) counter.incr(value);
      for (const value of [1.5, Number.POSITIVE_INFINITY, '1', 2n ** 63n] as never[])
        integer.set(value);
      for (const value of [Number.NaN, '1', 1n] as never[]) float.set(value);
      for (const value of [1, null, {}] as never[]) state.enter(value);
    });
    expect(lines).to.have.length(4);
    expect([counter.get(), integer.get(), float.get(), state.get()]).to.deep.equal([
      0n,
      0,
      0,
      null,
    ]);
  });

  it('set, raise and lower integers and floats', () => {
    const integer = new Integer({ metric: 'i' }, options);
    integer.set(-3);
    integer.incr(5);
    integer.decr();
    const float = new Float({ metric: 'f' }, options);
    float.set(1.5);
    float.incr(0.25); // cantal-py sets
    float.incr();
    expect([integer.get(), float.get()]).to.deep.equal([1, 2.75]);
  });

  it('want a Collection, and say which', () => {
    const wrong = [{}, 5, collection.start('')] as never[];
    for (const Metric of [Counter, Integer, Float, State])
      for (const given of wrong)
        expect(() => new Metric({ a: 'b' }, { collection: given })).to.throw(
          SettingsError,
          `new ${Metric.name}: collection: must be a Collection: what new Collection() makes, not what its start() returns`,
        );
    expect(() => new Counter({ a: 'b' }, options)).to.not.throw();
  });

  it('stay in memory and are shown nowhere if `start` is given no path and no MeterProvider', () => {
    const counter = new Counter({ metric: 'ticks' }, options);
    const active = collection.start('', { meterProvider: 5 as never });
    counter.incr();
    expect(active.path).to.equal(undefined);
    expect(existsSync(`${process.cwd()}.meta`)).to.equal(false);
    expect(collection.start('')).to.equal(active);
    active.close();
    expect(counter.get()).to.equal(1n);
  });

  it('want dimensions of strings, each set once in a collection, of whatever kind', () => {
    expect(() => new Counter({ metric: 1 } as never, options)).to.throw(TypeError, 'String(value)');
    expect(() => new Counter('metric' as never, options)).to.throw(TypeError);
    for (const group of [undefined, null] as never[])
      expect(() => new RequestTracker(group, {}, options)).to.throw(
        TypeError,
        `The dimension "group" is ${group}; dimensions are strings: give it one, or leave it out.`,
      );
    expect(() => new Counter({ metric: {} } as never, options)).to.throw('is an object; dim');
    new Counter({ a: '1', b: '2' }, options);
    expect(() => new Float({ b: '2', a: '1' }, options))
      .to.throw(DuplicateValueError)
      .with.property('code', 'KANEDA_DUPLICATE_VALUE');
    expect(DuplicateValueException).to.equal(DuplicateValueError);
    new Counter({ a: 'x\ud800' }, options);
    expect(() => new Counter({ a: 'x\ufffd' }, options)).to.throw(DuplicateValueError);
    new Counter({ a: '1', b: '2' }, { collection: new Collection() });
  });

  describe('State', () => {
    it('is entered and left, with the time', () => {
      const state = new State({ state: 's' }, options);
      expect(state.get()).to.equal(null);
      const before = Date.now();
      state.enter('waiting');
      expect(state.get()?.text).to.equal('waiting');
      expect(state.get()?.since.getTime()).to.be.within(before, Date.now());
      state.exit();
      expect(state.get()).to.equal(null);
    });

    it('has room for `size` bytes and never half a character', () => {
      const state = new State({ state: 's' }, { size: 5, collection });
      for (const [text, kept] of [
        ['abcde', 'abcde'],
        ['abcdefg', 'abcde'],
        ['ab', 'ab'],
        ['abcdé', 'abcd'],
        ['😀😀', '😀'],
        ['', ''],
      ] as const) {
        state.enter(text);
        expect(state.get()?.text).to.equal(kept);
      }
      for (const size of [0, 65_528, 1.5, Number.NaN])
        expect(() => new State({ state: `${size}` }, { size, collection })).to.throw(RangeError);
    });

    it('lasts for a block, a function or a promise, also one that fails', async () => {
      const state = new State({ state: 's' }, options);
      {
        using _ = state.context('block');
        expect(state.get()?.text).to.equal('block');
      }
      expect(state.get()).to.equal(null);
      expect(state.context('call', () => state.get()?.text)).to.equal('call');
      expect(() =>
        state.context('call', () => {
          throw new Error('no');
        }),
      ).to.throw('no');
      expect(state.get()).to.equal(null);
      const later = state.context('promise', async () => {
        await sleep(1);
        return 5;
      });
      expect(state.get()?.text).to.equal('promise');
      expect(await later).to.equal(5);
      expect(state.get()).to.equal(null);
    });
  });

  describe('RequestTracker', () => {
    it('takes no dimension that it gives its metrics itself, as a Fork', () => {
      for (const key of ['group', 'metric'])
        expect(() => new RequestTracker('api', { [key]: 'mine' }, options)).to.throw(
          TypeError,
          `gives its metrics the dimension ${key} itself; got "mine"`,
        );
      const dimensions = { state: 'loop', metric: 'mine' };
      expect(() => new Fork(['read'], dimensions, options)).to.throw(TypeError, 'metric itself');
    });

    it('has the four metrics of cantal-py', () => {
      const tracker = new RequestTracker('api', { app: 'x' }, options);
      expect(values(collection).map(([kind, dimensions]) => [kind, dimensions])).to.deep.equal([
        ['counter', { group: 'api', metric: 'requests', app: 'x' }],
        ['counter', { group: 'api', metric: 'total_duration', app: 'x' }],
        ['counter', { group: 'api', metric: 'errors', app: 'x' }],
        ['integer', { group: 'api', metric: 'in_progress', app: 'x' }],
      ]);
      expect(
        tracker.request(() => [tracker.inProgress.get(), tracker.requests.get()]),
      ).to.deep.equal([1, 0n]);
      expect([tracker.inProgress.get(), tracker.requests.get()]).to.deep.equal([0, 1n]);
    });

    it('counts what throws, now or later, as an error', async () => {
      const tracker = new RequestTracker('api', {}, options);
      const fail = () => {
        throw new Error('no');
      };
      expect(() => tracker.request(fail)).to.throw('no');
      const late = tracker.request(async () => fail());
      expect(tracker.inProgress.get()).to.equal(1);
      expect(await late.catch((error: Error) => error.message)).to.equal('no');
      expect([
        tracker.requests.get(),
        tracker.errors.get(),
        tracker.inProgress.get(),
      ]).to.deep.equal([2n, 2n, 0]);
    });

    it('ends a block once, however often it is disposed', () => {
      const tracker = new RequestTracker('api', {}, options);
      const request = tracker.request();
      expect(tracker.inProgress.get()).to.equal(1);
      request[Symbol.dispose]();
      request[Symbol.dispose]();
      expect([tracker.requests.get(), tracker.inProgress.get()]).to.deep.equal([1n, 0]);
    });

    it('adds up requests of less than a millisecond', () => {
      const tracker = new RequestTracker('api', {}, options);
      const begin = performance.now();
      let inside = 0;
      while (performance.now() - begin < 20) {
        tracker.request(() => {
          const start = performance.now();
          while (performance.now() - start < 0.3);
          inside += performance.now() - start;
        });
      }
      const counted = Number(tracker.duration.get());
      expect(counted).to.be.within(Math.floor(inside), Math.ceil(performance.now() - begin));
    });

    it('gives back what the function does, a promise for a promise', () => {
      const tracker = new RequestTracker('api', {}, options);
      expectTypeOf(tracker.request(() => 5)).toEqualTypeOf<number>();
      expectTypeOf(tracker.request(async () => 'x')).toEqualTypeOf<Promise<string>>();
      expectTypeOf(tracker.request()).toEqualTypeOf<Disposable>();
    });
  });

  describe('Fork', () => {
    it('has a typed property for each branch, and the metrics of cantal-py', () => {
      const fork = new Fork(['read', 'write'], { state: 'loop', app: 'x' }, options);
      expectTypeOf(fork.read).toEqualTypeOf<Branch>();
      // @ts-expect-error no such branch
      expect(fork.other).to.equal(undefined);
      expect(Object.keys(fork)).to.deep.equal(['read', 'write']);
      expect(values(collection).map(([kind, dimensions]) => [kind, dimensions])).to.deep.equal([
        ['state', { state: 'loop', app: 'x' }],
        ['counter', { state: 'loop.read', metric: 'count', app: 'x' }],
        ['counter', { state: 'loop.read', metric: 'duration', app: 'x' }],
        ['counter', { state: 'loop.write', metric: 'count', app: 'x' }],
        ['counter', { state: 'loop.write', metric: 'duration', app: 'x' }],
      ]);
    });

    it('names what is wrong with its dimensions', () => {
      expect(() => new Fork(['a'], null as never, options)).to.throw(TypeError, 'Dimensions are');
      expect(() => new Fork(['a'], { state: 5 } as never, options)).to.throw(
        TypeError,
        'dimension "state"',
      );
    });

    for (const names of [['context'], ['_'], ['a', 'a'], [1], 'ab', null]) {
      it(`refuses the branches ${JSON.stringify(names)}`, () => {
        expect(() => new Fork(names as string[], { state: 'loop' }, options)).to.throw(TypeError);
      });
    }

    it('takes branches of any other name', () => {
      const fork = new Fork(['constructor', '__proto__', 'get', ''], { state: 'loop' }, options);
      fork.context(() => fork.get.enter());
      expect(fork.get.count.get()).to.equal(1n);
    });

    const shown = (): string | undefined => ([...collection.cells.cells][0] as State).get()?.text;

    it('shows where execution is, and nothing outside', () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      const seen = fork.context(() => {
        const texts = [shown()];
        fork.read.enter();
        texts.push(shown());
        fork.write.enter();
        return [...texts, shown()];
      });
      expect(seen).to.deep.equal(['_', 'read', 'write']);
      expect(shown()).to.equal(undefined);
      expect([fork.read.count.get(), fork.write.count.get()]).to.deep.equal([1n, 1n]);
    });

    /** Works for some milliseconds, and returns how many it really were. */
    const work = (ms: number): number => {
      const start = performance.now();
      while (performance.now() - start < ms);
      return performance.now() - start;
    };

    it('gives each branch its time, though somebody sets the clock', () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      const now = Date.now;
      let step = 0;
      Date.now = () => now() + step;
      const start = performance.now();
      let worked = [0, 0];
      try {
        using _ = fork.context();
        fork.read.enter();
        step = 7_200_000;
        const first = work(30);
        fork.write.enter();
        step = 0;
        const second = work(60);
        fork.read.enter();
        worked = [first + work(20), second];
      } finally {
        Date.now = now;
      }
      const all = performance.now() - start;
      const read = Number(fork.read.duration.get());
      const write = Number(fork.write.duration.get());
      expect([fork.read.count.get(), fork.write.count.get()]).to.deep.equal([2n, 1n]);
      expect(read).to.be.within(worked[0]! - 2, worked[0]! + (all - worked[0]! - worked[1]!) + 2);
      expect(write).to.be.within(worked[1]! - 1, worked[1]! + (all - worked[0]! - worked[1]!) + 1);
    });

    it('keeps a branch for each context that overlaps', async () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          fork.context(async () => {
            fork.read.enter();
            await sleep(i % 7);
            fork.write.enter();
            await sleep(i % 5);
          }),
        ),
      );
      expect([fork.read.count.get(), fork.write.count.get()]).to.deep.equal([50n, 50n]);
      expect(shown()).to.equal(undefined);
    });

    it('goes back to what was there when an inner context ends', () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      fork.context(() => {
        fork.read.enter();
        fork.context(() => {
          expect(shown()).to.equal('_');
          fork.write.enter();
          expect(shown()).to.equal('write');
        });
        expect(shown()).to.equal('read');
      });
      expect(shown()).to.equal(undefined);
      expect([fork.read.count.get(), fork.write.count.get()]).to.deep.equal([1n, 1n]);
    });

    it('shows another context that is still going on when one ends', async () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      const long = fork.context(async () => {
        fork.read.enter();
        await sleep(30);
      });
      await fork.context(async () => {
        fork.write.enter();
        await sleep(1);
      });
      expect(shown()).to.equal('read');
      await long;
      expect(shown()).to.equal(undefined);
    });

    it('takes a branch outside of all contexts too', () => {
      const fork = new Fork(['read', 'write'], { state: 'loop' }, options);
      fork.read.enter();
      fork.write.enter();
      expect([fork.read.count.get(), shown()]).to.deep.equal([1n, 'write']);
    });

    it('ends a block of a context when it is left by an exception', () => {
      const fork = new Fork(['read'], { state: 'loop' }, options);
      expect(() => {
        using _ = fork.context();
        fork.read.enter();
        throw new Error('no');
      }).to.throw('no');
      expect([fork.read.count.get(), shown()]).to.deep.equal([1n, undefined]);
    });
  });
});
