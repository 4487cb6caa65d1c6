import type { Tags } from '../../bridges/cells/store.js';
import { carryMetadata } from './carry-metadata.js';
import { runThen } from './when-settled.js';

/**
 * The result of `metrics.timed()`, to be used in one of three ways: as a decorator of methods and
 * accessors (TC39's or TypeScript's older kind), as a wrapper of functions, or in a `using` block,
 * whose clock runs since `timed()`.
 */
export interface Timed extends Disposable {
  /**
   * TC39 decorator of a method. An accessor is taken by the wrapper's signature.
   * @throws TypeError on a class or a field, when the class is defined.
   */
  <This, Args extends unknown[], Result>(
    method: (this: This, ...args: Args) => Result,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
  ): (this: This, ...args: Args) => Result;
  /**
   * Decorator of TypeScript's `experimentalDecorators`.
   * @throws TypeError on a class or a field, when the class is defined.
   */
  <Method>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void;
  /**
   * Wrapper: a function of the same type, name and length, each of whose calls is timed, until its
   * promise settles if it returns one.
   * @throws TypeError if it is given no function.
   */
  <F extends (...args: never[]) => unknown>(fn: F): F;
}

/** Options of a timer. */
export interface TimedOptions {
  /** The tags of each duration. */
  tags?: Tags;
  /** Whole milliseconds instead of seconds. */
  useMs?: boolean;
}

/** Takes a duration; `name` is undefined when none is known. Must not throw. */
export type RecordDuration = (name: string | undefined, milliseconds: number) => void;
/** Milliseconds of a clock that only runs forward. */
export type Clock = () => number;

// biome-ignore lint/suspicious/noExplicitAny: any function at all
type AnyFunction = (this: any, ...args: any[]) => any;
/** The name to record a call under, whose `this` is given. */
type NameOf = (self: unknown) => string | undefined;

/** The timer behind `Metrics.timed`. */
export function makeTimed(name: string | undefined, record: RecordDuration, clock: Clock): Timed {
  const begun = clock();
  const timer = new Timer(name, record, clock);
  let disposed = false;
  const timed = (subject: unknown, second?: unknown, third?: unknown): unknown =>
    timer.apply(subject, second, third);
  return Object.assign(timed, {
    [Symbol.dispose](): void {
      if (disposed) return;
      disposed = true;
      record(name, clock() - begun);
    },
  }) as Timed;
}

/** Wraps and decorates functions so that each call is recorded. */
class Timer {
  readonly #name: string | undefined;
  readonly #record: RecordDuration;
  readonly #clock: Clock;

  constructor(name: string | undefined, record: RecordDuration, clock: Clock) {
    this.#name = name;
    this.#record = record;
    this.#clock = clock;
  }

  /** Applies the timer in the way that the arguments ask for: as a decorator or as a wrapper. */
  apply(subject: unknown, second: unknown, third: unknown): unknown {
    if (isContext(second)) return this.#decorate(subject, second);
    if (typeof second === 'string' || typeof second === 'symbol')
      return this.#decorateProperty(subject, second, third as PropertyDescriptor | undefined);
    if (typeof subject !== 'function' || isClass(subject))
      throw misuseError(typeof subject === 'function' ? 'class' : typeof subject);
    const fn = subject as AnyFunction;
    return this.#wrap(fn, () => this.#name ?? (fn.name || undefined));
  }

  #wrap(fn: AnyFunction, nameOf: NameOf): AnyFunction {
    const record = this.#record;
    const clock = this.#clock;
    // A proxy and not a closure: name, length, properties and whatever else is asked of the
    // function stay its own.
    const wrapped = new Proxy(fn, {
      apply(target, self, args) {
        const start = clock();
        const done = (): void => record(nameOf(self), clock() - start);
        return runThen(() => Reflect.apply(target, self, args), done);
      },
    });
    carryMetadata(fn, wrapped);
    return wrapped;
  }

  #decorate(method: unknown, context: DecoratorContext): AnyFunction {
    if (context.kind !== 'method' && context.kind !== 'getter' && context.kind !== 'setter')
      throw misuseError(context.kind);
    let owner: unknown;
    let found = this.#name;
    const learn = (self: unknown): void => {
      owner ??= declaringClass(self, context.name, wrapped, context.static);
    };
    const wrapped = this.#wrap(method as AnyFunction, (self) => {
      learn(self);
      found ??= qualifiedName(owner, context.name);
      return found ?? keyText(context.name);
    });
    // A method that is called without its object later has its class from here. Its name is asked
    // for at a call: a class that is still being defined may not have it yet.
    if (this.#name === undefined) {
      context.addInitializer(function () {
        learn(this);
      });
    }
    return wrapped;
  }

  #decorateProperty(
    target: unknown,
    key: string | symbol,
    descriptor: PropertyDescriptor | undefined,
  ): void {
    const roles = ROLES.filter((role) => typeof descriptor?.[role] === 'function');
    if (descriptor === undefined || roles.length === 0) throw misuseError('field');
    const owner = typeof target === 'function' ? target : (target as object).constructor;
    const nameOf = () => this.#name ?? qualifiedName(owner, key) ?? keyText(key);
    for (const role of roles) descriptor[role] = this.#wrap(descriptor[role], nameOf);
  }
}

/** The parts of a property's descriptor that may be functions. */
const ROLES = ['value', 'get', 'set'] as const;

const isContext = (value: unknown): value is DecoratorContext =>
  typeof value === 'object' && value !== null && 'kind' in value && 'addInitializer' in value;

const isClass = (fn: object): boolean => /^class\b/.test(Function.prototype.toString.call(fn));

const misuseError = (what: string): TypeError =>
  new TypeError(
    `metrics.timed() cannot decorate or wrap this (${what}): decorate a method, getter or setter, or wrap the function itself: metrics.timed('name')(fn).`,
  );

const keyText = (key: string | symbol): string =>
  typeof key === 'string' ? key : `[${key.description ?? ''}]`;

const qualifiedName = (owner: unknown, key: string | symbol): string | undefined =>
  typeof owner === 'function' && owner.name !== '' ? `${owner.name}.${keyText(key)}` : undefined;

/**
 * The class that has `method` as its own; failing that (another decorator wraps it, it is private)
 * the class of `self`.
 */
function declaringClass(
  self: unknown,
  key: string | symbol,
  method: unknown,
  isStatic: boolean,
): unknown {
  if (self === undefined || self === null) return undefined;
  try {
    for (let holder: unknown = self; holder !== null; holder = Object.getPrototypeOf(holder)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
      if (value !== method && get !== method && set !== method) continue;
      return isStatic ? holder : (holder as object).constructor;
    }
    return isStatic ? self : (self as object).constructor;
  } catch {
    // A proxy that refuses to be looked at: the method's name has to do.
    return undefined;
  }
}
