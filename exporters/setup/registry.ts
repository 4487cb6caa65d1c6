/** The stores and queues that settings can name. */
export type TargetName =
  | 'elasticsearch'
  | 'mongodb'
  | 'rethinkdb'
  | 'influxdb'
  | 'logger'
  | 'otlp'
  | 'bullmq'
  | 'celery'
  | 'rq';

/** The class of a store or queue, constructed with its options. */
export type TargetClass = new (options: never) => object;

/**
 * One registry a process: the ESM and the CommonJS files, and several copies of the package, share
 * it.
 */
const REGISTRY = Symbol.for('kaneda-otel.targets.1');
const shared = globalThis as { [REGISTRY]?: Map<TargetName, TargetClass> };

/**
 * Makes a store or queue known to settings. Each does so when its module is loaded; the first one
 * stands.
 */
export function registerTarget(name: TargetName, target: TargetClass): void {
  shared[REGISTRY] ??= new Map();
  if (!shared[REGISTRY].has(name)) shared[REGISTRY].set(name, target);
}

/** The class registered under a name; undefined while its module is not loaded. */
export function registeredTarget(name: TargetName): TargetClass | undefined {
  return shared[REGISTRY]?.get(name);
}
