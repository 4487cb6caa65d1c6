import type { Meter } from '@opentelemetry/api';
import type { CellStore } from './cells/store.js';

/**
 * @param text names the caller, what it takes, and what to pass.
 * @throws TypeError for something other than an object with such a method, whichever copy of a
 * package made it.
 */
export function assertHas(value: unknown, method: PropertyKey, text: string): void {
  if (
    typeof value !== 'object' ||
    value === null ||
    typeof Reflect.get(value, method) !== 'function'
  )
    throw new TypeError(text);
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a store of cells.
 */
export function assertCells(cells: CellStore, caller: string): void {
  assertHas(
    cells,
    'observe',
    `${caller} takes a store of cells: pass a HeapCells, a MappedCells, or a Collection's cells.`,
  );
}

/** @throws TypeError for something other than a meter of OpenTelemetry. */
export function assertMeter(meter: Meter, caller: string): void {
  assertHas(
    meter,
    'createObservableGauge',
    `${caller} takes a Meter: pass what meterProvider.getMeter('name') gives.`,
  );
}

/**
 * The exporters' rules of options are not at hand here; they word it alike.
 * @param caller as it is written in the application.
 * @throws TypeError for something other than an object, and for an unknown option.
 */
export function assertKnown(options: unknown, known: readonly string[], caller: string): void {
  const names = known.join(', ');
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${caller}: options: must be an object; known options are ${names}.`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${caller}: ${unknown}: unknown; known options are ${names}.`);
}

const PLACES = ['meterProvider', 'directory', 'paths'];

/** @throws TypeError for faulty options of `observeProcesses`. */
export function assertProcessesOptions(options: unknown): void {
  assertKnown(options, PLACES, 'observeProcesses()');
  const { meterProvider, directory, paths } = options as Record<string, unknown>;
  const refuse = (what: string): never => {
    throw new TypeError(`observeProcesses(): ${what}.`);
  };
  assertHas(
    meterProvider,
    'getMeter',
    'observeProcesses(): pass a MeterProvider of OpenTelemetry as meterProvider.',
  );
  if (directory !== undefined && typeof directory !== 'string')
    refuse('directory must be a string: pass one directory');
  if (paths !== undefined && !(Array.isArray(paths) && paths.every((p) => typeof p === 'string')))
    refuse('paths must be a list of strings: pass each path without suffix');
}
