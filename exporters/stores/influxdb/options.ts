import type { ConnectionOptions } from 'node:tls';
import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import {
  type OptionRule,
  type OptionRules,
  onlyOneOf,
  portBesideUrl,
  rules,
  uselessBeside,
} from '../../setup/option-rules.js';
import { clientOptions, fromUrl } from './first-version.js';

/** The options that say where to write and as whom. */
export interface EndpointOptions {
  /** InfluxDB 1: the database, created when missing; default `kaneda`. One named in `connectionUrl` or by the client wins, as in Kaneda. */
  database?: string;
  /** InfluxDB 1: the retention policy to write to; default: the database's own default. */
  retentionPolicy?: string;
  /** InfluxDB 1: a client of the package `influx`, whose connection data are used. */
  client?: object;
  /** InfluxDB 1: `influxdb://user:password@host:8086/database`; also `https+influxdb`, `http`, `https`. */
  connectionUrl?: string;
  /** InfluxDB 1; default `localhost`. */
  host?: string;
  /** InfluxDB 1; default 8086. */
  port?: number;
  username?: string;
  password?: string;
  /** InfluxDB 2 (with `org`) or 3 (without): the base address. */
  url?: string;
  /** InfluxDB 2 and 3. */
  token?: string;
  /** InfluxDB 2: the organisation. */
  org?: string;
  /** InfluxDB 2: the bucket. InfluxDB 3: the database. */
  bucket?: string;
  /** Seconds that connecting may take, as Kaneda has it; default 0.3. */
  timeout?: number;
  /** The same in milliseconds; it wins. */
  connectTimeout?: number;
  /** https with `host`; as an object Node's options for it (`ca`, `cert`, `key`, `rejectUnauthorized`, …). */
  tls?: boolean | ConnectionOptions;
}

/** The options of `InfluxExporter`. */
export interface InfluxExporterOptions extends ExporterOptions, EndpointOptions {
  /** The report's name as a tag instead of a field: quicker to query, for a new database. Default false, as Kaneda has it; true where the server is VictoriaMetrics. */
  nameAsTag?: boolean;
  /** Fields whose whole numbers are written as integers; all else is written as floats. Fields that the store has as integers are learned. */
  integerFields?: readonly string[];
}

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: EndpointOptions): OptionFault[] {
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

export const urlRule: OptionRule = (value) =>
  parses(() => new URL(value as string), value, /^https?:\/\//i)
    ? undefined
    : 'must be an http or https URL';

function parses(parse: () => unknown, value: unknown, scheme: RegExp): boolean {
  if (typeof value !== 'string' || !scheme.test(value)) return false;
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** The rules of its options. */
export const influxRules: OptionRules = {
  database: rules.text,
  retentionPolicy: rules.text,
  client: clientRule,
  connectionUrl: connectionUrlRule,
  host: rules.text,
  port: rules.port,
  username: rules.text,
  password: rules.string,
  url: urlRule,
  token: rules.text,
  org: rules.text,
  bucket: rules.text,
  timeout: rules.seconds,
  tls: (value) => (typeof value === 'boolean' ? undefined : rules.object(value)),
  nameAsTag: rules.boolean,
  integerFields: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string')
      ? undefined
      : 'must be a list of field names',
};
