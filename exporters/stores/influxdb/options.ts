import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { addressOf } from '../../setup/address.js';
import {
  type OptionRule,
  type OptionRules,
  onlyOneOf,
  portBesideUrl,
  rules,
  uselessBeside,
} from '../../setup/option-rules.js';
import { endpointOf, type InfluxConnectionOptions } from './endpoint.js';
import { clientOptions, fromHost, fromUrl } from './first-version.js';

/** The options of `InfluxExporter`. */
export interface InfluxExporterOptions extends ExporterOptions, InfluxConnectionOptions {
  /**
   * The report's name as a tag instead of a field: quicker to query, for a new database. Default
   * false, as Kaneda has it; true where the server is VictoriaMetrics.
   */
  nameAsTag?: boolean;
  /**
   * The process (`instance`) as a tag instead of a field, to group by it: each start of a program
   * then makes new series. Default false; true where the server is VictoriaMetrics.
   */
  instanceAsTag?: boolean;
  /**
   * Fields whose whole numbers are written as integers; all else is written as floats. Fields that
   * the store has as integers are learned.
   */
  integerFields?: readonly string[];
}

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: InfluxConnectionOptions): OptionFault[] {
  const faults = onlyOneOf(options, ['url', 'client', 'connectionUrl', 'host']);
  if (options.url !== undefined) {
    const first = ['port', 'username', 'password', 'retentionPolicy'];
    faults.push(
      ...uselessBeside(
        options,
        first,
        'is for InfluxDB 1',
        ({ of, verb }) =>
          `${verb} ${of('token')} for InfluxDB 2 and 3, or ${of('connectionUrl')} instead of ${of('url')}`,
      ),
    );
  } else {
    faults.push(
      ...uselessBeside(
        options,
        ['token', 'org', 'bucket'],
        'is for InfluxDB 2 and 3',
        ({ of, verb }) => `${verb} ${of('url')}, the base address, with it`,
      ),
    );
    faults.push(...portBesideUrl(options));
  }
  return faults;
}

/** A client of the package `influx`. */
export const clientRule: OptionRule = (value) =>
  typeof value === 'object' && value !== null && Array.isArray(clientOptions(value)?.hosts)
    ? undefined
    : 'must be a client of the package influx (for InfluxDB 2 and 3 give url and token)';

export const connectionUrlRule: OptionRule = (value) => {
  if (typeof value === 'string' && /^udp\+influxdb:/i.test(value))
    return 'must not be UDP, which acknowledges nothing';
  return parses(() => fromUrl(value as string), value, /^((https\+)?influxdb|https?):\/\//i)
    ? undefined
    : 'must be influxdb://user:password@host:8086/database, https+influxdb://…, http://… or https://…';
};

const urlRule: OptionRule = (value) =>
  parses(() => new URL(value as string), value, /^https?:\/\//i)
    ? undefined
    : 'must be an http or https URL';

/** A URL takes no zone of an IPv6 address. */
const hostRule: OptionRule = (value) =>
  rules.host(value) ??
  (parses(() => fromHost({ host: value as string }), value, /./)
    ? undefined
    : 'must be a host that a URL can have');

function parses(parse: () => unknown, value: unknown, scheme: RegExp): boolean {
  if (typeof value !== 'string' || !scheme.test(value)) return false;
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** The rules of the options above. */
export const OPTION_RULES: OptionRules = {
  database: rules.text,
  retentionPolicy: rules.text,
  client: clientRule,
  connectionUrl: connectionUrlRule,
  host: hostRule,
  port: rules.port,
  username: rules.text,
  password: rules.string,
  url: urlRule,
  token: rules.text,
  org: rules.text,
  bucket: rules.text,
  timeout: rules.seconds,
  tls: rules.tls,
  nameAsTag: rules.boolean,
  instanceAsTag: rules.boolean,
  integerFields: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string')
      ? undefined
      : 'must be a list of field names',
};

/** The texts in these options that must never be printed. */
export const secretsIn = (options: InfluxExporterOptions): readonly string[] =>
  endpointOf(options).secrets;

/** The server's address without credentials. */
export const targetOf = (options: InfluxExporterOptions): string =>
  addressOf(endpointOf(options).connection.url.href);
