import type { ConnectionOptions } from 'node:tls';
import type { MongoClient, MongoClientOptions } from 'mongodb';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { Fault } from '../../errors.js';
import { addressOf } from '../../setup/address.js';
import { notLoaded } from '../../setup/assert-installed.js';
import { type OptionRule, onlyOneOf, uselessBeside } from '../../setup/option-rules.js';
import { unrefClient } from './background.js';

/** The options that say where to write and as whom. */
export interface MongoConnectionOptions {
  /** A client of the application's; it is neither configured nor closed here. */
  client?: MongoClient;
  /** `mongodb://user:password@host:27017/` or `mongodb+srv://…`; several hosts as the driver has them. What it sets, wins. */
  connectionUrl?: string;
  /** Default `localhost`. */
  host?: string;
  /** Default 27017. */
  port?: number;
  user?: string;
  password?: string;
  /** Milliseconds in which a server must be found; default 300. `connectTimeout` is the same. */
  timeout?: number;
  connectTimeout?: number;
  /** TLS; as an object Node's options for it (`ca`, `cert`, `key`, `rejectUnauthorized`, …). */
  tls?: boolean | ConnectionOptions;
}

/** Milliseconds. */
const DEFAULT_TIMEOUT = 300;

/** Makes the client, loading the driver; it connects with its first operation. */
export async function openClient(
  options: MongoConnectionOptions,
  socketTimeoutMS: number,
): Promise<MongoClient> {
  const { MongoClient } = await import('mongodb').catch(notLoaded('MongoExporter', 'mongodb', '7'));
  const client = new MongoClient(urlOf(options), clientOptions(options, socketTimeoutMS));
  unrefClient(client);
  return client;
}

/** The URL to connect by; credentials that are options of their own are not in it. */
export function urlOf({
  connectionUrl,
  host = 'localhost',
  port = 27_017,
}: MongoConnectionOptions): string {
  if (connectionUrl !== undefined) return connectionUrl;
  return `mongodb://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}/`;
}

/** The servers' addresses without credentials. */
export function targetOf(options: MongoConnectionOptions): string {
  if (options.client === undefined) return addressOf(urlOf(options));
  const hosts = options.client.options?.hosts?.map(String).join(',');
  return hosts === undefined ? 'the client that was given' : `mongodb://${hosts}`;
}

/** The driver's options. What the URL says itself is left to it. */
export function clientOptions(
  options: MongoConnectionOptions,
  socketTimeoutMS: number,
): MongoClientOptions {
  const { user, password, tls } = options;
  const defaults: MongoClientOptions = {
    appName: 'kaneda-otel',
    serverSelectionTimeoutMS: options.connectTimeout ?? options.timeout ?? DEFAULT_TIMEOUT,
    // A silent server would be waited for until the end of time.
    socketTimeoutMS,
    retryWrites: true,
    w: 'majority',
    // One write at a time needs one connection, and monitors their own.
    maxPoolSize: 2,
    // One connection and one timer a server instead of two each; a write that fails has them look at once.
    serverMonitoringMode: 'poll',
  };
  const inUrl = new Set(
    [...parametersOf(options.connectionUrl ?? '').keys()].map((name) => name.toLowerCase()),
  );
  const chosen = Object.fromEntries(
    Object.entries(defaults).filter(([name]) => !inUrl.has(name.toLowerCase())),
  );
  if (user !== undefined)
    Object.assign(chosen, { auth: { username: user, password: password ?? '' } });
  if (user !== undefined && !inUrl.has('authsource')) chosen.authSource = 'admin';
  if (tls !== undefined)
    Object.assign(chosen, typeof tls === 'object' ? { ...tls, tls: true } : { tls });
  return chosen;
}

/** The database that a URL names, if it does. */
export function databaseOf(connectionUrl: string | undefined): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]*)/.exec(connectionUrl ?? '')?.[1];
  return path === undefined || path === '' ? undefined : decodeURIComponent(path);
}

/** What of these options must never be printed; a given client keeps its credentials in its own. */
export function secretsOfOptions({
  client,
  connectionUrl,
  password,
}: MongoConnectionOptions): string[] {
  const given = client?.options?.credentials?.password;
  return [password, given, ...secretsOf(connectionUrl)].filter(
    (secret): secret is string => !!secret,
  );
}

const parametersOf = (url: string): URLSearchParams =>
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

/** A MongoClient, of whichever version of the driver. */
export const clientRule: OptionRule = (value) =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { db?: unknown }).db === 'function'
    ? undefined
    : 'must be a MongoClient';

/** The faults that lie between options, each of them right by itself. */
export function optionFaults(options: MongoConnectionOptions): Fault[] {
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
  } else if (options.connectionUrl !== undefined) {
    faults.push(
      ...uselessBeside(options, ['port'], 'goes with host', 'write the port into connectionUrl'),
    );
  }
  if (options.password !== undefined && options.user === undefined) {
    faults.push({ path: 'user', reason: 'missing', remedy: 'pass both user and password' });
  }
  return faults;
}
