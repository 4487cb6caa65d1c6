/**
 * The outcome of a piece of work: returned, threw, or (for work that returns a promise) the same
 * later.
 */
export interface Outcome {
  failed(): void;
  ended(): void;
}

/**
 * Runs `fn` and tells when it is over: for a function that returns a promise, when that is settled.
 * The result is `fn`'s own.
 */
export function run<T>(fn: () => T, { failed, ended }: Outcome): T {
  let result: T;
  try {
    if (typeof fn !== 'function')
      throw new TypeError(
        `request() and context() take a function, not ${typeof fn}: () => work().`,
      );
    result = fn();
  } catch (error) {
    failed();
    ended();
    throw error;
  }
  if (!isThenable(result)) {
    ended();
    return result;
  }
  return result.then(
    (value) => {
      ended();
      return value;
    },
    (error: unknown) => {
      failed();
      ended();
      throw error;
    },
  ) as T;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    typeof value === 'object' &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/** A `Disposable` that ends something once, however often it is disposed. */
export function once(end: () => void): Disposable {
  let ended = false;
  return {
    [Symbol.dispose]: () => {
      if (ended) return;
      ended = true;
      end();
    },
  };
}
