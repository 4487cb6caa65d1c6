import type { ConnectionOptions } from 'node:tls';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { ConnectionSettings } from './client.js';
import { fromClient, fromHost, fromUrl } from './first-version.js';
import type { Remedies } from './outcomes.js';
import { createStatement, identifier } from './setup.js';

/** The options that say where to write and as whom. */
export interface InfluxConnectionOptions {
  /**
   * InfluxDB 1: the database, created when missing; default `kaneda`. One named in `connectionUrl`
   * or by the client wins, as in Kaneda.
   */
  database?: string;
  /** InfluxDB 1: the retention policy to write to; default: the database's own default. */
  retentionPolicy?: string;
  /** InfluxDB 1: a client of the package `influx`, whose connection data are used. */
  client?: object;
  /**
   * InfluxDB 1: `influxdb://user:password@host:8086/database`; also `https+influxdb`, `http`,
   * `https`.
   */
  connectionUrl?: string;
  /** InfluxDB 1; default `localhost`. */
  host?: string;
  /** InfluxDB 1; default 8086. */
  port?: number;
  /** InfluxDB 1: the user's name; `password` belongs to it. */
  username?: string;
  /** InfluxDB 1: the user's password. Never shown. */
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
  /**
   * https with `host`; as an object Node's options for it (`ca`, `cert`, `key`,
   * `rejectUnauthorized`, …).
   */
  tls?: boolean | ConnectionOptions;
}

/** The address and form of writes, for one of InfluxDB's three interfaces. */
export interface Endpoint {
  readonly connection: ConnectionSettings;
  readonly path: string;
  readonly query: Record<string, string>;
  /**
   * The database to create when it is missing; InfluxDB 1 alone creates one by its write
   * credentials.
   */
  readonly creates?: string;
  /** No tag may be called like a field of any report of its measurement: InfluxDB 3. */
  readonly tagsAreColumns: boolean;
  readonly remedies: Remedies & {
    readonly missing: string;
    /** For an account that may not read. */
    readonly reading: string;
  };
  readonly secrets: readonly string[];
}

const DEFAULT_DATABASE = 'kaneda';

/**
 * The endpoint of options that their rules have passed. `url` means InfluxDB 2 with an `org`, 3
 * without; all else is InfluxDB 1.
 */
export function endpointOf(options: InfluxConnectionOptions): Endpoint {
  if (options.url === undefined) return version1(options);
  return options.org === undefined
    ? version3(options, options.url)
    : version2(options, options.url, options.org);
}

function version1(options: InfluxConnectionOptions): Endpoint {
  const given = fromClient(options.client) ?? fromUrl(options.connectionUrl) ?? fromHost(options);
  const username = options.username ?? given.username;
  const password = options.password ?? given.password ?? '';
  const database = given.database ?? options.database ?? DEFAULT_DATABASE;
  const basic = Buffer.from(`${username}:${password}`).toString('base64');
  const query: Record<string, string> = { db: database, precision: 'ns' };
  if (options.retentionPolicy !== undefined) query.rp = options.retentionPolicy;
  const retention = `CREATE RETENTION POLICY ${identifier(options.retentionPolicy ?? '')} ON ${identifier(database)} DURATION 0s REPLICATION 1`;
  return {
    connection: connectionSettings(
      options,
      given.base,
      username === undefined ? undefined : `Basic ${basic}`,
    ),
    path: '/write',
    query,
    creates: database,
    tagsAreColumns: false,
    remedies: {
      credentials: 'correct username and password',
      rights: `an administrator runs GRANT WRITE ON ${identifier(database)} TO ${identifier(username ?? 'user')}`,
      retention: `an administrator runs ${retention}`,
      path: {
        used: '/write',
        remedy: 'correct host, port or connectionUrl; for InfluxDB 2 or 3 pass url and token',
      },
      reading: `an administrator runs GRANT READ ON ${identifier(database)} TO ${identifier(username ?? 'user')}`,
      missing: `the database does not exist and the account may not create it: an administrator runs ${createStatement(database)}`,
    },
    secrets: [password, basic, ...secretsOf(options.connectionUrl)].filter(
      (secret) => secret !== '' && username !== undefined,
    ),
  };
}

function version2(options: InfluxConnectionOptions, url: string, org: string): Endpoint {
  const bucket = options.bucket ?? options.database ?? DEFAULT_DATABASE;
  return {
    connection: connectionSettings(
      options,
      parseUrl(url),
      options.token === undefined ? undefined : `Token ${options.token}`,
    ),
    path: '/api/v2/write',
    query: { org, bucket, precision: 'ns' },
    tagsAreColumns: false,
    remedies: {
      credentials: 'correct token',
      rights: `give the token write access to the bucket: influx auth create --org '${org}' --write-bucket BUCKET_ID`,
      retention: 'correct bucket',
      path: {
        used: '/api/v2/write',
        remedy: 'correct url; for InfluxDB 3 remove org, for InfluxDB 1 pass connectionUrl instead',
      },
      reading: `give the token read access to the bucket: influx auth create --org '${org}' --read-bucket BUCKET_ID`,
      missing: `the bucket or the organisation does not exist: influx bucket create --org '${org}' --name '${bucket}'`,
    },
    secrets: [...(options.token === undefined ? [] : [options.token]), ...secretsOf(url)],
  };
}

function version3(options: InfluxConnectionOptions, url: string): Endpoint {
  const database = options.bucket ?? options.database ?? DEFAULT_DATABASE;
  return {
    connection: connectionSettings(
      options,
      parseUrl(url),
      options.token === undefined ? undefined : `Bearer ${options.token}`,
    ),
    path: '/api/v3/write_lp',
    query: { db: database, precision: 'nanosecond', accept_partial: 'true' },
    tagsAreColumns: true,
    remedies: {
      credentials: 'correct token',
      rights: `give the token write access to the database ${database}`,
      retention: 'correct database',
      path: {
        used: '/api/v3/write_lp',
        remedy:
          'correct url; for InfluxDB 2 pass org, for InfluxDB 1, VictoriaMetrics and QuestDB pass connectionUrl instead of url',
      },
      reading: `give the token read access to the database ${database}`,
      missing: `the database does not exist, or this is not InfluxDB 3 (for InfluxDB 2 give org): influxdb3 create database '${database}'`,
    },
    secrets: [...(options.token === undefined ? [] : [options.token]), ...secretsOf(url)],
  };
}

function connectionSettings(
  options: InfluxConnectionOptions,
  url: URL,
  authorization: string | undefined,
): ConnectionSettings {
  const { connectTimeout, tls } = options;
  const timeout = connectTimeout === undefined ? (options.timeout ?? 0.3) : connectTimeout / 1_000;
  const base = new URL(url);
  [base.username, base.password] = ['', ''];
  return { url: base, authorization, timeout, tls: typeof tls === 'object' ? tls : undefined };
}

const parseUrl = (url: string): URL => new URL(url);
