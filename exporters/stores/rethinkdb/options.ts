import type { ConnectionOptions } from 'node:tls';
import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { hostAndPort, hostForSocket } from '../../setup/address.js';
import { type OptionRules, rules, uselessBeside } from '../../setup/option-rules.js';
import { isName } from './documents.js';
import type { DriverConnection, DriverOptions } from './driver.js';

const DEFAULT_TIMEOUT_S = 0.3;

/** The options of a {@link RethinkExporter}. */
export interface RethinkExporterOptions extends ExporterOptions {
  /** Default `kaneda`. Created when missing. */
  db?: string;
  /**
   * One table for all reports; default: a table for each metric type, named after it. Created when
   * missing.
   */
  tableName?: string;
  /**
   * A connection of the application's, used while it is open; then one like it is made. Never
   * closed here.
   */
  connection?: object;
  /** Default `localhost`. */
  host?: string;
  /** Default 28015. */
  port?: number;
  /** Default `admin`. */
  user?: string;
  /** The user's password. Never shown. */
  password?: string;
  /** Seconds that connecting may take; default 0.3. */
  timeout?: number;
  /** TLS; as an object Node's options for it (`ca`, `cert`, `key`, `rejectUnauthorized`, …). */
  tls?: boolean | ConnectionOptions;
  /**
   * `soft` acknowledges before the disk has it: faster, and a crash of the server loses what it
   * acknowledged last. Default `hard`.
   */
  durability?: 'hard' | 'soft';
}

const nameRule = (value: unknown) =>
  typeof value === 'string' && isName(value)
    ? undefined
    : 'must consist of letters, digits, _ and -';
/** The rules of the options above. */
export const OPTION_RULES: OptionRules = {
  db: nameRule,
  tableName: nameRule,
  connection: rules.having('isOpen', 'close', 'on'),
  host: rules.host,
  port: rules.port,
  user: rules.text,
  password: rules.string,
  timeout: rules.seconds,
  tls: rules.tls,
  durability: rules.oneOf('hard', 'soft'),
};

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: RethinkExporterOptions): OptionFault[] {
  if (options.connection === undefined) return [];
  const own = ['host', 'port', 'user', 'password', 'tls'];
  return uselessBeside(
    options,
    own,
    'has no effect on a connection that is given',
    'make the connection with it',
  );
}

/** The driver's options, of a connection that was given or of the exporter's options. */
export function driverOptionsOf(options: RethinkExporterOptions): DriverOptions {
  const { connection, connectTimeout, timeout = DEFAULT_TIMEOUT_S } = options;
  const seconds = connectTimeout === undefined ? timeout : connectTimeout / 1_000;
  return connection === undefined
    ? settingsOf(options, seconds)
    : optionsOf(connection as DriverConnection, seconds);
}

function settingsOf(options: RethinkExporterOptions, timeout: number): DriverOptions {
  const { host = 'localhost', port = 28_015, user, password, tls } = options;
  return {
    host: hostForSocket(host),
    port,
    timeout,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    // The driver writes into the object.
    ...(tls ? { ssl: typeof tls === 'object' ? { ...tls } : {} } : {}),
  };
}

/**
 * The options by which a given connection was made, so that another can take its place: its own
 * `reconnect()` forgets user and TLS.
 */
function optionsOf(connection: DriverConnection, timeout: number): DriverOptions {
  const { host, port, ssl, rawSocket } = connection;
  const { user, password } = rawSocket ?? {};
  return {
    host,
    port,
    timeout,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(ssl ? { ssl } : {}),
  };
}

/**
 * The texts in these options that must never be printed; a given connection keeps its password in
 * its own.
 */
export function secretsIn(options: RethinkExporterOptions): string[] {
  const { password } = driverOptionsOf(options);
  return password ? [password] : [];
}

/** The server's address without credentials. */
export function targetOf(options: RethinkExporterOptions): string {
  const { host, port } = driverOptionsOf(options);
  return hostAndPort(host, port);
}
