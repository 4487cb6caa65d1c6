import { METHODS, Metrics } from './metrics.js';
import { Refusals } from './refusals.js';
import { makeTimed } from './timed.js';

/** Several copies of the package in one tree share one: two would collect and export the same program twice. */
const SHARED = Symbol.for('kaneda-otel.metrics.0');
const shared = globalThis as { [SHARED]?: Metrics };

/**
 * The ready-made metrics of an application, set up by its settings (a `kanedasettings` file and `KANEDA_` variables; without either, by
 * the global MeterProvider). Nothing happens before its first use. Faulty settings never make a recording call throw: such calls are
 * counted under `refused.settings` and said once, and `flush()` rejects with the `SettingsError`.
 */
export const metrics: Metrics = lazy(() => {
  shared[SHARED] ??= fromSettings();
  return shared[SHARED];
});

function fromSettings(): Metrics {
  try {
    return new Metrics();
  } catch (fault) {
    return faulty(fault);
  }
}

/** Looks like the object that `make` gives, which is made when a method is first called; from then on its methods are that object's. */
function lazy(make: () => Metrics): Metrics {
  const face = Object.create(Metrics.prototype) as Metrics;
  const become = (): Metrics => {
    const made = make();
    for (const method of METHODS) define(face, method, made[method].bind(made));
    define(face, Symbol.asyncDispose, () => made.close());
    return made;
  };
  for (const method of METHODS)
    define(face, method, (...args: never[]) => Reflect.apply(become()[method], undefined, args));
  define(face, Symbol.asyncDispose, () => become().close());
  return face;
}

function define(on: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(on, name, { value, writable: true, configurable: true });
}

/** What stands in where settings are faulty: functions that are timed still run, everything else is counted. */
function faulty(fault: unknown): Metrics {
  const refusals = new Refusals();
  const refused = (method: string) => (name: unknown) => refusals.refuse('settings', method, name);
  const stand: Partial<Record<(typeof METHODS)[number], unknown>> = {
    timed: (name?: string) => makeTimed(name, refused('timed'), () => 0),
    flush: () => Promise.reject(fault),
    close: () => Promise.resolve(),
    remove: () => undefined,
    ledger: () => ({
      accepted: 0,
      stored: 0,
      pending: 0,
      rejected: {},
      dropped: {},
      refused: refusals.counts(),
    }),
  };
  const face = Object.create(Metrics.prototype) as Metrics;
  for (const method of METHODS) define(face, method, stand[method] ?? refused(method));
  return face;
}
