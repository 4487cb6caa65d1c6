import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';

/** A query under construction, as far as it is needed here. The driver brings no types. */
export interface Term {
  table(name: string): Term;
  tableList(): Term;
  tableCreate(name: string): Term;
  insert(documents: Term, options: InsertOptions): Term;
  filter(fields: object | ((row: Term) => Term)): Term;
  between(lower: unknown, upper: unknown, options: { leftBound: 'open' }): Term;
  orderBy(options: { index: string }): Term;
  limit(count: number): Term;
  ge(other: Term): Term;
  lt(other: Term): Term;
  contains(item: Term): Term;
  getField(name: string): Term;
  coerceTo(type: 'array'): Term;
  get(id: string): Term;
  delete(): Term;
  isEmpty(): Term;
  wait(options: { waitFor: string; timeout: number }): Term;
  run(connection: DriverConnection): PromiseLike<unknown>;
}

export interface InsertOptions {
  conflict: (id: unknown, stored: unknown, given: unknown) => unknown;
  durability: 'hard' | 'soft';
  returnChanges?: 'always';
}

/** The driver's `r`. */
export interface Queries {
  db(name: string): Term;
  dbList(): Term;
  dbCreate(name: string): Term;
  json(text: string): Term;
  epochTime(seconds: number): Term;
  readonly minval: Term;
  readonly maxval: Term;
}

/** The driver's connection, with what it keeps of how it was made. */
export interface DriverConnection extends EventEmitter {
  readonly host: string;
  readonly port: number;
  readonly ssl: object | false;
  readonly rawSocket: (Socket & { user?: string; password?: string }) | null;
  isOpen(): boolean;
  close(options: { noreplyWait: boolean }): PromiseLike<unknown>;
}

/** The options of the driver's connection. The timeout is in seconds and covers connecting only. */
export interface DriverOptions {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly timeout: number;
  readonly ssl?: object;
}

export interface Driver {
  readonly r: Queries;
  readonly TcpConnection: new (
    options: DriverOptions,
    callback: (error: Error | null, connection: DriverConnection) => void,
  ) => DriverConnection;
}

/**
 * Loads the driver. `net.js` is in its published files; connecting by `r.connect` would hide the
 * connection until it is too late.
 * @throws MissingPackageError or ImproperlyConfiguredError when it does not load
 */
export async function loadDriver(): Promise<Driver> {
  const failed = notLoaded('RethinkExporter', 'rethinkdb', '2.4');
  const r = defaultOf<Queries>(await import('rethinkdb').catch(failed).then(exportsOf));
  // @ts-expect-error nobody wrote types for this file
  const net = defaultOf<Driver>(await import('rethinkdb/net.js').catch(failed).then(exportsOf));
  return { r, TcpConnection: net.TcpConnection };
}

/**
 * All that a CommonJS module exports: `import()` has it as `default`, and by name only what Node
 * finds in the text; the CommonJS build has it directly.
 */
function defaultOf<T>(module: object): T {
  return ('default' in module ? module.default : module) as T;
}
