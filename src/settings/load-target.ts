import { fileURLToPath } from 'node:url';
import { ImproperlyConfiguredError } from '../../exporters/errors.js';
import { ownRequire } from '../../exporters/setup/package-loading.js';
import {
  registeredTarget,
  type TargetClass,
  type TargetName,
} from '../../exporters/setup/registry.js';

/** The entry point of each store and queue. */
const ENTRY_POINTS: Readonly<Record<TargetName, string>> = {
  elasticsearch: 'kaneda-otel/exporters/elasticsearch',
  mongodb: 'kaneda-otel/exporters/mongodb',
  rethinkdb: 'kaneda-otel/exporters/rethinkdb',
  influxdb: 'kaneda-otel/exporters/influxdb',
  logger: 'kaneda-otel/exporters/logger',
  otlp: 'kaneda-otel/exporters/otlp',
  bullmq: 'kaneda-otel/queues/bullmq',
  celery: 'kaneda-otel/queues/celery',
  rq: 'kaneda-otel/queues/rq',
};

/** True if a setting's value is the name of a store or queue of ours. */
export const isTargetName = (value: unknown): value is TargetName =>
  typeof value === 'string' && Object.hasOwn(ENTRY_POINTS, value);

/**
 * The class of a store or queue that settings name. Its module is loaded at this moment, so that an
 * application loads, and a bundle holds, only the stores that it uses.
 * @throws ImproperlyConfiguredError when a bundle was made without it.
 */
export function loadTarget(name: TargetName): TargetClass {
  const known = registeredTarget(name);
  if (known !== undefined) return known;
  const entry = ENTRY_POINTS[name];
  let cause: unknown;
  try {
    load(entry);
  } catch (error) {
    cause = error;
  }
  const loaded = registeredTarget(name);
  if (loaded !== undefined) return loaded;
  throw new ImproperlyConfiguredError(
    `The settings name ${name}, whose module is not part of this program's bundle: add \`import '${entry}'\``,
    { cause },
  );
}

/**
 * Synchronous, because `new Metrics()` reports all faults at once. The ESM build takes the ESM
 * file, which the application may import too; where that cannot be required (Node before 20.19,
 * Jest), the CommonJS one serves.
 */
function load(entry: string): void {
  const require = ownRequire();
  const esm = typeof __filename === 'undefined' ? esmFile(entry) : undefined;
  if (esm !== undefined) {
    try {
      require(esm);
      return;
    } catch {
      // The CommonJS file is tried.
    }
  }
  require(entry);
}

function esmFile(entry: string): string | undefined {
  try {
    // Taken out of `import.meta`, as a bundler that does not know `resolve` wants it.
    const { resolve } = import.meta;
    return fileURLToPath(resolve(entry));
  } catch {
    return undefined;
  }
}
