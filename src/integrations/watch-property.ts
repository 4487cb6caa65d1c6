import { safely } from './request-metrics.js';

/**
 * Makes a property that tells when it is set, and what it is now if it is set already; otherwise it
 * stays as it was. Never throws: what cannot be watched is left alone.
 */
export function watchProperty<T extends object, K extends keyof T>(
  object: T,
  key: K,
  set: (value: T[K]) => void,
): void {
  safely(() => {
    let value = object[key];
    const tell = (to: T[K]): void => {
      value = to;
      safely(() => set(to));
    };
    Object.defineProperty(object, key, {
      configurable: true,
      enumerable: true,
      get: () => value,
      set: tell,
    });
    if (value !== undefined) tell(value);
  });
}
