import type { Meter } from '@opentelemetry/api';
import type { CellStore } from './cells/store.js';

/** Tells whether a value is an object with such a method, whichever copy of a package made it. */
export const hasMethod = (value: unknown, method: string): boolean =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';

/**
 * @param caller as it is written in the application.
 * @throws TypeError for something other than a store of cells.
 */
export function assertCells(cells: CellStore, caller: string): void {
  if (!hasMethod(cells, 'observe'))
    throw new TypeError(
      `${caller} takes a store of cells: pass a HeapCells, a MappedCells, or a Collection's cells.`,
    );
}

/** @throws TypeError for something other than a meter of OpenTelemetry. */
export function assertMeter(meter: Meter, caller: string): void {
  if (!hasMethod(meter, 'createObservableGauge'))
    throw new TypeError(`${caller} takes a Meter: pass what meterProvider.getMeter('name') gives.`);
}

/**
 * @param caller as it is written in the application.
 * @throws TypeError for an option that there is not.
 */
export function assertKnown(options: object, known: readonly string[], caller: string): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TypeError(
      `${caller}: the option ${unknown} is unknown; known are ${known.join(', ')}.`,
    );
}

const PLACES = ['meterProvider', 'directory', 'paths'];

/** @throws TypeError for faulty options of `observeProcesses`. */
export function assertProcessesOptions(options: unknown): void {
  const given = (typeof options === 'object' && options !== null ? options : {}) as {
    [name: string]: unknown;
  };
  const refuse = (what: string): never => {
    throw new TypeError(`observeProcesses(): ${what}.`);
  };
  assertKnown(given, PLACES, 'observeProcesses()');
  const { meterProvider, directory, paths } = given;
  if (!hasMethod(meterProvider, 'getMeter'))
    refuse('pass a MeterProvider of OpenTelemetry as meterProvider');
  if (directory !== undefined && typeof directory !== 'string')
    refuse('directory must be a string: pass one directory');
  if (paths !== undefined && !(Array.isArray(paths) && paths.every((p) => typeof p === 'string')))
    refuse('paths must be a list of strings: pass each path without suffix');
}
