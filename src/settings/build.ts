import { resolve } from 'node:path';
import { isExporter } from '../../exporters/delivery/internals.js';
import {
  type Fault,
  ImproperlyConfiguredError,
  type MissingPackageError,
  SettingsError,
} from '../../exporters/errors.js';
import { tell } from '../../exporters/problems/tell.js';
import type { ReportQueue } from '../../exporters/queues/index.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { isTargetName, loadTarget } from './load-target.js';
import { baseOf, originsOf, withOrigin } from './provenance.js';
import { deriveSettings, type Settings } from './settings.js';
import { type Queue, SETTINGS, type Store } from './table.js';
import { loadOwn, ownModule } from './targets.js';

/**
 * The objects that an application makes from its settings; neither backend nor queue when none is
 * set.
 */
export interface FromSettings {
  backend?: ReportExporter;
  queue?: ReportQueue;
  mode?: 'aggregate' | 'individual';
  exportInterval?: number;
  instance?: string;
}

/**
 * The backend or queue that an application records to, and how.
 * @throws SettingsError naming the settings, ImproperlyConfiguredError when a client is not
 * installed.
 */
export function forApplication(settings: Settings): FromSettings {
  const how = {
    mode: settings.MODE,
    exportInterval: settings.EXPORT_INTERVAL,
    ...(settings.INSTANCE !== undefined && { instance: settings.INSTANCE }),
  } as FromSettings;
  if (settings.DEBUG) return { ...how, backend: buildStore('logger', settings) as ReportExporter };
  if (settings.QUEUE !== undefined)
    return { ...how, queue: build('QUEUE', settings) as ReportQueue };
  if (settings.BACKEND !== undefined)
    return { ...how, backend: build('BACKEND', settings) as ReportExporter };
  return how;
}

/**
 * The queue that a worker takes from and the store it writes to.
 * @throws SettingsError naming QUEUE or BACKEND when it is missing, and as {@link forApplication}.
 */
export function forWorker(settings: Settings): {
  queue: ReportQueue;
  backend: ReportExporter;
  concurrency?: number;
  batchSize?: number;
} {
  const missing = (['QUEUE', 'BACKEND'] as const).filter((name) => settings[name] === undefined);
  if (missing.length > 0) {
    const remedies = {
      QUEUE: 'name the queue to take reports from',
      BACKEND: 'name the store to write them to',
    };
    throw new SettingsError(
      'settings',
      missing.map((path) => ({
        path,
        reason: 'missing',
        remedy: `set ${path} or KANEDA_${path}: ${remedies[path]}`,
      })),
    );
  }
  const sizes = { concurrency: settings.CONCURRENCY, batchSize: settings.BATCH_SIZE } as {
    concurrency?: number;
    batchSize?: number;
  };
  if (settings.DEBUG) {
    const where = originOf('DEBUG', settings);
    tell({
      code: 'KANEDA_SETTINGS',
      message: `kaneda-otel: ${where} is set: reports are taken from the queue and only logged; the store does not get them`,
    });
  }
  const [queue, backend] = allOf(
    {
      QUEUE: () => build('QUEUE', settings),
      ...(settings.DEBUG
        ? { DEBUG: () => buildStore('logger', settings) }
        : { BACKEND: () => build('BACKEND', settings) }),
    },
    settings,
  ) as [ReportQueue, ReportExporter];
  return {
    queue,
    backend,
    ...Object.fromEntries(Object.entries(sizes).filter(([, value]) => value !== undefined)),
  };
}

/**
 * Makes all objects and reports all faults together: in a SettingsError, or in an
 * ImproperlyConfiguredError if only packages are missing.
 */
function allOf(makers: Readonly<Record<string, () => unknown>>, settings: Settings): unknown[] {
  const errors: unknown[] = [];
  const faults: Fault[] = [];
  const made = Object.entries(makers).map(([name, make]) => {
    try {
      return make();
    } catch (error) {
      // An error of the user's own module is thrown unchanged.
      if (isSettingsError(error)) faults.push(...error.faults);
      else if (isConfigurationError(error)) faults.push(packageFault(error, name, settings));
      else throw error;
      errors.push(error);
      return undefined;
    }
  });
  if (errors.length === 0) return made;
  if (errors.length === 1) throw errors[0];
  const cause = new AggregateError(errors, `${errors.length} could not be made`);
  if (errors.some(isSettingsError))
    throw new SettingsError('settings', distinct(faults), { cause });
  throw new ImproperlyConfiguredError(
    [...new Set(errors.map((error) => (error as Error).message))].join('. '),
    { cause },
  );
}

/** A missing package as a fault of the setting that asks for it. */
function packageFault(error: ImproperlyConfiguredError, name: string, settings: Settings): Fault {
  if (!isMissingPackage(error))
    return { path: originOf(name, settings), reason: error.message, remedy: 'correct that' };
  const asking = error.neededBy === 'outbox' ? 'OUTBOX_DIRECTORY' : name;
  return error.asFault(originOf(asking, settings));
}

const isMissingPackage = (error: Error): error is MissingPackageError =>
  typeof (error as Partial<MissingPackageError>).asFault === 'function';

/**
 * True if an error carries a code of ours; two copies of the package may be in one tree, so its
 * class says nothing.
 */
const hasCode = (error: unknown, code: string): boolean =>
  (error as { code?: unknown } | undefined)?.code === code;
export const isSettingsError = (error: unknown): error is SettingsError =>
  hasCode(error, 'KANEDA_SETTINGS');
const isConfigurationError = (error: unknown): error is ImproperlyConfiguredError =>
  hasCode(error, 'KANEDA_IMPROPERLY_CONFIGURED');

/** Queue and store share settings, whose faults both of them find. */
const distinct = (faults: readonly Fault[]): Fault[] => [
  ...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values(),
];

/** One store or queue to try out. */
export interface Target {
  readonly name: 'BACKEND' | 'QUEUE';
  readonly target: string;
  make(): ReportExporter;
}

/**
 * The targets that `kaneda check` tries: queue and store, whichever are set.
 * @throws SettingsError when neither is.
 */
export function forCheck(settings: Settings): Target[] {
  const names = (['QUEUE', 'BACKEND'] as const).filter((name) => settings[name] !== undefined);
  if (settings.DEBUG)
    return [
      {
        name: 'BACKEND',
        target: 'logger',
        make: () => buildStore('logger', settings) as ReportExporter,
      },
    ];
  if (names.length === 0) {
    const remedy = 'set BACKEND in kanedasettings.json, or KANEDA_BACKEND in the environment';
    throw new SettingsError('settings', [{ path: 'BACKEND or QUEUE', reason: 'missing', remedy }]);
  }
  return names.map((name) => {
    const target = settings[name];
    return {
      name,
      target: typeof target === 'string' ? target : 'of your own',
      make: () => build(name, settings) as ReportExporter,
    };
  });
}

/**
 * The store to read from. No outbox is opened: reading must not deliver what an application left in
 * it.
 * @throws SettingsError when BACKEND is missing, and as {@link forApplication}.
 */
export function forReading(settings: Settings): ReportExporter {
  if (settings.BACKEND === undefined) {
    const remedy = 'set BACKEND or KANEDA_BACKEND: name the store to read';
    throw new SettingsError('settings', [{ path: 'BACKEND', reason: 'missing', remedy }]);
  }
  const { OUTBOX_DIRECTORY: _, ...rest } = settings;
  return build('BACKEND', deriveSettings(settings, rest)) as ReportExporter;
}

function build(name: 'BACKEND' | 'QUEUE', settings: Settings): unknown {
  const target = settings[name];
  if (isTargetName(target)) return buildStore(target, settings);
  const path = originOf(name, settings);
  const wanted = typeof target === 'string' ? loadModule(name, target, settings) : target;
  const made =
    typeof wanted === 'function' ? Reflect.construct(wanted, [general(settings)]) : wanted;
  if (isExporter(made) && (name === 'BACKEND' || 'take' in made)) return made;
  const base = name === 'QUEUE' ? 'ReportQueue' : 'ReportExporter';
  throw new SettingsError('settings', [
    {
      path,
      reason: `its default export is not a ${base} class`,
      remedy: `export default a class that extends ${base}`,
    },
  ]);
}

function loadModule(name: string, target: string, settings: Settings): unknown {
  try {
    return loadOwn(ownModule(target, baseOf(settings)) ?? target);
  } catch (cause) {
    const fault: Fault = {
      path: originOf(name, settings),
      reason: 'its module cannot be loaded',
      remedy: 'make it load by itself with node',
    };
    throw new SettingsError('settings', [fault], { cause });
  }
}

/**
 * A store or queue of ours from its own settings. Faults that its constructor finds are named by
 * their settings.
 */
function buildStore(target: Store | Queue, settings: Settings): unknown {
  const options: Record<string, unknown> = general(settings);
  const settingOf = new Map<string, string>([
    ['outbox.maxBytes', 'OUTBOX_MAX_BYTES'],
    ['outbox.directory', 'OUTBOX_DIRECTORY'],
  ]);
  for (const [name, { of, option }] of Object.entries(SETTINGS)) {
    if (of !== target || option === undefined) continue;
    settingOf.set(option, name);
    if (settings[name] !== undefined) options[option] = settings[name];
  }
  if (target === 'logger' && settings.LOGGER !== undefined) {
    options.logger = loggerOf(settings);
    delete options.filename;
  }
  try {
    return Reflect.construct(loadTarget(target), [options]);
  } catch (error) {
    if (!isSettingsError(error)) throw error;
    const faults = error.faultsNamed({ of: (option) => settingOf.get(option), verb: 'set' });
    throw new SettingsError(
      'settings',
      faults.map((fault) => withPlace(fault, settings)),
      { cause: error },
    );
  }
}

/** A setting's fault with the place where the setting was written. */
function withPlace(fault: Fault, settings: Settings): Fault {
  if (!Object.hasOwn(SETTINGS, fault.path)) return fault;
  return { ...fault, path: withOrigin(fault.path, originsOf(settings)[fault.path] ?? 'default') };
}

function loggerOf(settings: Settings): unknown {
  return typeof settings.LOGGER === 'string'
    ? loadModule('LOGGER', settings.LOGGER, settings)
    : settings.LOGGER;
}

/** The options that every exporter takes. */
function general(settings: Settings): Record<string, unknown> {
  const outbox: Record<string, unknown> = { maxBytes: settings.OUTBOX_MAX_BYTES };
  if (settings.OUTBOX_DIRECTORY !== undefined)
    outbox.directory = resolve(baseOf(settings), settings.OUTBOX_DIRECTORY as string);
  return {
    outbox,
    ...(settings.APP_NAME !== undefined && { appName: settings.APP_NAME }),
    ...(settings.DISTRIBUTIONS === false && { distributions: false }),
  };
}

const originOf = (name: string, settings: Settings): string =>
  withOrigin(name, originsOf(settings)[name] ?? 'settings');
