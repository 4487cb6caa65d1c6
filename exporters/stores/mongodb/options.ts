import type { ConnectionOptions } from 'node:tls';
import type { MongoClient } from 'mongodb';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { OptionFault } from '../../faults.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { addressOf, hostAndPort } from '../../setup/address.js';
import {
  type OptionRule,
  type OptionRules,
  onlyOneOf,
  portBesideUrl,
  rules,
  uselessBeside,
} from '../../setup/option-rules.js';

/** The options that say where to write and as whom. */
export interface MongoConnectionOptions {
  /** A client of the application's; it is neither configured nor closed here. */
  client?: MongoClient;
  /**
   * `mongodb://user:password@host:27017/` or `mongodb+srv://…`; several hosts as the driver has
   * them. What it sets, wins.
   */
  connectionUrl?: string;
  /** Default `localhost`. */
  host?: string;
  /** Default 27017. */
  port?: number;
  /** The user's name; `password` belongs to it. */
  user?: string;
  /** The user's password. Never shown. */
  password?: string;
  /** Milliseconds in which a server must be found; default 300. `connectTimeout` is the same. */
  timeout?: number;
  /** Milliseconds in which a server must be found; it wins over `timeout`. */
  connectTimeout?: number;
  /** TLS; as an object Node's options for it (`ca`, `cert`, `key`, `rejectUnauthorized`, …). */
  tls?: boolean | ConnectionOptions;
}

/** The options of a `MongoExporter`. */
export interface MongoExporterOptions extends ExporterOptions, MongoConnectionOptions {
  /** Default: the one in `connectionUrl`, else `kaneda`. */
  dbName?: string;
  /** Default `default`. */
  collectionName?: string;
  /**
   * Deletes documents this many seconds after their timestamp, by an index of MongoDB's. Default:
   * never.
   */
  expireAfterSeconds?: number;
}

/** The URL to connect by; credentials that are options of their own are not in it. */
export function urlOf({
  connectionUrl,
  host = 'localhost',
  port = 27_017,
}: MongoConnectionOptions): string {
  if (connectionUrl !== undefined) return connectionUrl;
  return `mongodb://${hostAndPort(host, port)}/`;
}

/** The servers' addresses without credentials. */
export function targetOf(options: MongoConnectionOptions): string {
  if (options.client === undefined) return addressOf(urlOf(options));
  const hosts = options.client.options?.hosts?.map(String).join(',');
  return hosts === undefined ? 'the client that was given' : `mongodb://${hosts}`;
}

/** The database that a URL names, if it does. */
export function databaseOf(connectionUrl: string | undefined): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(connectionUrl ?? '')?.[1];
  return path === undefined || path === '' ? undefined : decodeURIComponent(path);
}

/**
 * The texts in these options that must never be printed; a given client keeps its credentials in
 * its own.
 */
export function secretsIn({ client, connectionUrl, password }: MongoConnectionOptions): string[] {
  const given = client?.options?.credentials?.password;
  return [password, given, ...secretsOf(connectionUrl)].filter(
    (secret): secret is string => !!secret,
  );
}

/** The parameters of a URL, which may name several hosts. */
export const parametersOf = (url: string): URLSearchParams =>
  new URLSearchParams(/\?(.*)$/s.exec(url)?.[1] ?? '');

/** The driver itself judges the rest when it connects. */
export const connectionUrlRule: OptionRule = (value) => {
  const wanted = 'must be a URL, mongodb://user:password@host:27017/ or mongodb+srv://…';
  if (typeof value !== 'string' || !/^mongodb(\+srv)?:\/\/[^/?]+/.test(value)) return wanted;
  try {
    decodeURIComponent(/^[^?]*/.exec(value)![0]);
    return undefined;
  } catch {
    return `${wanted}, special characters percent-encoded`;
  }
};

/** Tells whether these options sign in at all. A certificate may be the sign-in, too. */
export function hasCredentials({
  client,
  connectionUrl = '',
  user,
}: MongoConnectionOptions): boolean {
  if (client !== undefined) return client.options?.credentials !== undefined;
  return (
    user !== undefined ||
    /^[^/]*\/\/[^/?]*@/.test(connectionUrl) ||
    parametersOf(connectionUrl).has('authMechanism')
  );
}

/** A MongoClient, of whichever version of the driver. */
export const clientRule: OptionRule = (value) =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { db?: unknown }).db === 'function'
    ? undefined
    : 'must be a MongoClient';

/** The rules of the options above. */
export const OPTION_RULES: OptionRules = {
  dbName: rules.text,
  collectionName: rules.text,
  client: clientRule,
  connectionUrl: connectionUrlRule,
  host: rules.host,
  port: rules.port,
  user: rules.text,
  password: rules.string,
  timeout: rules.milliseconds,
  tls: rules.tls,
  expireAfterSeconds: rules.count,
};

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: MongoConnectionOptions): OptionFault[] {
  const faults = onlyOneOf(options, ['client', 'connectionUrl', 'host']);
  if (options.client !== undefined) {
    const own = ['port', 'user', 'password', 'tls'];
    faults.push(
      ...uselessBeside(
        options,
        own,
        'has no effect on a client that is given',
        'configure the client itself',
      ),
    );
  } else faults.push(...portBesideUrl(options));
  if (options.password !== undefined && options.user === undefined) {
    faults.push({ kind: 'missing', path: 'user', options: ['user', 'password'], need: 'all' });
  }
  return faults;
}
