import { types } from 'node:util';

type Then = (this: unknown, onFulfilled?: unknown, onRejected?: unknown) => unknown;

/** Runs a function; calls `done` when it has thrown, or as {@link whenSettled} does. */
export function runThen<Result>(work: () => Result, done: () => void): Result {
  let result: Result;
  try {
    result = work();
  } catch (error) {
    done();
    throw error;
  }
  return whenSettled(result, done);
}

/**
 * The result of a call that is over when `done` is called: at once, or, for a promise or another
 * thenable, when that settles. What is returned stands for `result` everywhere: same value or
 * error, same own properties, an unhandled rejection is still reported.
 * @param done called once; must not throw.
 */
export function whenSettled<Result>(result: Result, done: () => void): Result {
  if (isObject(result)) {
    try {
      if (types.isPromise(result)) return followPromise(result, done) as Result;
      if (typeof result.then === 'function')
        return followThenable(result, result.then as Then, once(done));
    } catch {
      // A result that cannot be looked at (a revoked proxy, a getter that throws) is returned as it
      // is.
    }
  }
  done();
  return result;
}

const isObject = (value: unknown): value is { then?: unknown } =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * A promise behind `promise`. Not `promise` itself with a reaction added: that would count as
 * handling its rejection. Properties that it has besides (a child process's, say) go along.
 */
function followPromise(promise: Promise<unknown>, done: () => void): Promise<unknown> {
  const behind = promise.then(
    (value) => {
      done();
      return value;
    },
    (error) => {
      done();
      throw error;
    },
  );
  return Object.defineProperties(behind, Object.getOwnPropertyDescriptors(promise));
}

/**
 * A thenable that is not a promise may begin its work only when its `then` is called (a query
 * builder): so it is left to the application to call it, and its answer is watched on the way.
 */
function followThenable<Result extends object>(
  thenable: Result,
  then: Then,
  done: () => void,
): Result {
  const through = (settle: unknown, otherwise: (value: unknown) => unknown) => (value: unknown) => {
    done();
    return typeof settle === 'function' ? settle(value) : otherwise(value);
  };
  const rethrow = (error: unknown): never => {
    throw error;
  };
  return Object.defineProperty(thenable, 'then', {
    configurable: true,
    writable: true,
    value: function (this: unknown, onFulfilled?: unknown, onRejected?: unknown): unknown {
      return Reflect.apply(then, this, [
        through(onFulfilled, (value) => value),
        through(onRejected, rethrow),
      ]);
    },
  });
}

function once(done: () => void): () => void {
  let over = false;
  return () => {
    if (!over) done();
    over = true;
  };
}
