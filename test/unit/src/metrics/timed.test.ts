import 'reflect-metadata';
import { expect } from 'chai';
import { makeTimed, type Timed } from '../../../../src/metrics/timed.js';

/** A clock that is set by hand, and what was recorded. */
class Stopwatch {
  now = 0;
  readonly recorded: [name: string | undefined, milliseconds: number][] = [];
  timed = (name?: string): Timed =>
    makeTimed(
      name,
      (found, milliseconds) => this.recorded.push([found, milliseconds]),
      () => this.now,
    );
}

describe('timed', () => {
  let watch: Stopwatch;
  beforeEach(() => {
    watch = new Stopwatch();
  });

  describe('as a wrapper', () => {
    it('keeps this, arguments, result, name, length and properties', () => {
      function sum(this: { base: number }, a: number, b: number): number {
        watch.now += 5;
        return this.base + a + b;
      }
      const wrapped = watch.timed('sum')(Object.assign(sum, { unit: 'apples' }));
      expect(wrapped.call({ base: 1 }, 2, 3)).to.equal(6);
      expect([wrapped.name, wrapped.length, wrapped.unit]).to.deep.equal(['sum', 2, 'apples']);
      expect(watch.recorded).to.deep.equal([['sum', 5]]);
    });

    it('keeps what reflect-metadata has of the function', () => {
      const route = () => 'plum';
      const secret = Symbol('guard');
      Reflect.defineMetadata('path', '/plums', route);
      Reflect.defineMetadata(secret, ['cook'], route);
      const wrapped = watch.timed('outer')(watch.timed('inner')(route));
      expect(Reflect.getMetadata('path', wrapped)).to.equal('/plums');
      expect(Reflect.getOwnMetadata(secret, wrapped)).to.deep.equal(['cook']);
    });

    it('keeps the metadata that decorators of the language leave, in every order', () => {
      const role =
        (text: string) =>
        <F extends (...args: never[]) => unknown>(method: F, _: ClassMethodDecoratorContext): F => {
          Reflect.defineMetadata(text, true, method);
          return method;
        };
      class Kitchen {
        @role('above')
        @watch.timed()
        @role('below')
        cook(): string {
          return 'plum';
        }
      }
      expect(Reflect.getMetadataKeys(Kitchen.prototype.cook)).to.have.members(['above', 'below']);
      expect(new Kitchen().cook()).to.equal('plum');
    });

    it('times each call by its own start, also when calls overlap', async () => {
      const ends: (() => void)[] = [];
      const wait = watch.timed('wait')(() => new Promise<void>((resolve) => ends.push(resolve)));
      const first = wait();
      watch.now = 10;
      const second = wait();
      watch.now = 15;
      ends[1]!();
      await second;
      watch.now = 100;
      ends[0]!();
      await first;
      expect(watch.recorded).to.deep.equal([
        ['wait', 5],
        ['wait', 100],
      ]);
    });

    it('times a call that throws, and one that rejects, and passes the error on', async () => {
      const boom = new Error('boom');
      const thrower = watch.timed('sync')(() => {
        watch.now += 1;
        throw boom;
      });
      expect(thrower).to.throw(boom);
      const rejecter = watch.timed('async')(async () => {
        await null;
        watch.now += 2;
        throw boom;
      });
      expect(await rejecter().catch((error: unknown) => error)).to.equal(boom);
      expect(watch.recorded).to.deep.equal([
        ['sync', 1],
        ['async', 2],
      ]);
    });

    it('leaves a rejection that nobody handles unhandled', async () => {
      const unhandled: unknown[] = [];
      const before = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', (reason) => unhandled.push(reason));
      try {
        void watch.timed('x')(async () => Promise.reject('lost'))();
        await new Promise((resolve) => setTimeout(resolve, 1));
        expect(unhandled).to.deep.equal(['lost']);
      } finally {
        process.removeAllListeners('unhandledRejection');
        for (const listener of before) process.on('unhandledRejection', listener);
      }
    });

    it('keeps what a promise has besides', async () => {
      const promise = watch.timed('x')(() => Object.assign(Promise.resolve(1), { pid: 7 }))();
      expect([promise.pid, await promise]).to.deep.equal([7, 1]);
    });

    it('leaves it to the application to start a thenable, and times it until it settles', async () => {
      let started = 0;
      const query = {
        // biome-ignore lint/suspicious/noThenProperty: a query builder is such a thing
        then(resolve: (rows: number) => void): void {
          started++;
          watch.now += 30;
          resolve(42);
        },
      };
      const found = watch.timed('query')(() => query)();
      expect([started, watch.recorded.length]).to.deep.equal([0, 0]);
      expect([await found, started]).to.deep.equal([42, 1]);
      expect(watch.recorded).to.deep.equal([['query', 30]]);
    });

    it('times a frozen thenable, and one that cannot be looked at, until they are returned', () => {
      // biome-ignore lint/suspicious/noThenProperty: it is about such things
      const frozen = Object.freeze({ then: () => undefined });
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      expect(watch.timed('x')(() => frozen)()).to.equal(frozen);
      expect(watch.timed('x')(() => proxy)() === proxy).to.equal(true);
      expect(watch.recorded).to.have.length(2);
    });

    it('times the call that makes a generator', () => {
      const count = watch.timed('count')(function* () {
        yield 1;
        yield 2;
      });
      expect([...count()]).to.deep.equal([1, 2]);
      expect(watch.recorded).to.deep.equal([['count', 0]]);
    });

    it("takes the function's own name, and has none for one without", () => {
      const run = watch.timed();
      run(function named() {})();
      run(
        (
          () => () =>
            1
        )(),
      )();
      expect(watch.recorded.map(([name]) => name)).to.deep.equal(['named', undefined]);
    });

    it('works in map, which passes more than the function', () => {
      const [a] = [() => 1].map((fn) => watch.timed('x')(fn));
      expect(a!()).to.equal(1);
      const untyped = watch.timed('y') as unknown as (
        fn: () => number,
        index: number,
      ) => () => number;
      expect([() => 2].map(untyped)[0]!()).to.equal(2);
      expect(watch.recorded).to.have.length(2);
    });

    it('refuses what is no function, or a class, with a clear TypeError', () => {
      const wrap = watch.timed('x') as (what: unknown) => unknown;
      for (const wrong of [undefined, 5, 'x', {}, class A {}])
        expect(() => wrap(wrong)).to.throw(TypeError, 'wrap the function itself');
    });
  });

  describe('as a TC39 decorator', () => {
    it('names methods by their class: statics, symbols, inherited ones by the class that declares them, private ones by the class of their object', () => {
      const timed = watch.timed;
      class Base {
        @timed()
        plain(): string {
          return this.constructor.name;
        }
        @timed()
        static make(): string {
          return 'made';
        }
        @timed()
        #hidden(): void {}
        @timed()
        [Symbol.iterator](): void {}
        @timed('own.name')
        called(): void {}
        reveal(): void {
          this.#hidden();
        }
      }
      class Derived extends Base {
        override plain(): string {
          return super.plain();
        }
      }
      const it = new Derived();
      expect(it.plain()).to.equal('Derived');
      expect(Derived.make()).to.equal('made');
      it[Symbol.iterator]();
      it.called();
      it.reveal();
      const names = watch.recorded.map(([name]) => name);
      expect(names).to.deep.equal([
        'Base.plain',
        'Base.make',
        'Base.[Symbol.iterator]',
        'own.name',
        'Derived.#hidden',
      ]);
    });

    it('knows the class of a method that was taken off its object', () => {
      const timed = watch.timed;
      class Store {
        @timed()
        load(): number {
          return 1;
        }
      }
      const { load } = new Store();
      expect(load()).to.equal(1);
      expect(watch.recorded).to.deep.equal([['Store.load', 0]]);
    });

    it('times accessors', () => {
      const timed = watch.timed;
      class Base {
        #size = 1;
        @timed()
        get size(): number {
          return this.#size;
        }
        @timed()
        set size(size: number) {
          this.#size = size;
        }
      }
      class Derived extends Base {}
      const it = new Derived();
      it.size = 5;
      expect(it.size).to.equal(5);
      expect(watch.recorded.map(([name]) => name)).to.deep.equal(['Base.size', 'Base.size']);
    });

    it('times async methods', async () => {
      const timed = watch.timed;
      class Store {
        @timed()
        async load(): Promise<number> {
          await null;
          watch.now += 7;
          return 1;
        }
      }
      expect(await new Store().load()).to.equal(1);
      expect(watch.recorded).to.deep.equal([['Store.load', 7]]);
    });

    it('refuses classes and fields when the class is defined', () => {
      const timed = watch.timed as unknown as () => (value: unknown, context: unknown) => never;
      for (const kind of ['class', 'field', 'accessor']) {
        const context = { kind, name: 'x', addInitializer: () => undefined };
        expect(() => timed()(() => 1, context), kind).to.throw(TypeError, `(${kind})`);
      }
    });
  });

  describe('as an older decorator', () => {
    const decorate = (target: object, key: string | symbol): void => {
      const descriptor = Object.getOwnPropertyDescriptor(target, key)!;
      watch.timed()(target, key, descriptor);
      Object.defineProperty(target, key, descriptor);
    };

    it('names methods by the class that declares them, statics too', () => {
      class Base {
        static make(): number {
          return 2;
        }
        plain(): number {
          return 1;
        }
      }
      class Derived extends Base {}
      decorate(Base.prototype, 'plain');
      decorate(Base, 'make');
      expect([new Derived().plain(), Derived.make()]).to.deep.equal([1, 2]);
      expect(watch.recorded.map(([name]) => name)).to.deep.equal(['Base.plain', 'Base.make']);
    });

    it('times accessors', () => {
      class Base {
        get x(): number {
          return 1;
        }
      }
      decorate(Base.prototype, 'x');
      expect(new Base().x).to.equal(1);
      expect(watch.recorded.map(([name]) => name)).to.deep.equal(['Base.x']);
    });

    it('refuses fields', () => {
      const untyped = watch.timed() as unknown as (target: object, key: string) => void;
      expect(() => untyped({}, 'y')).to.throw(TypeError, '(field)');
    });
  });

  describe('as a block', () => {
    it('runs from timed() to the end of the block, also when it throws', () => {
      const run = (): void => {
        using _ = watch.timed('block');
        watch.now += 12;
        throw new Error('boom');
      };
      expect(run).to.throw('boom');
      expect(watch.recorded).to.deep.equal([['block', 12]]);
    });

    it('records once, however often it is disposed of', () => {
      const block = watch.timed('block');
      block[Symbol.dispose]();
      block[Symbol.dispose]();
      expect(watch.recorded).to.deep.equal([['block', 0]]);
    });
  });
});
