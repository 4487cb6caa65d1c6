import type { MongoClient, MongoClientOptions } from 'mongodb';
import { notLoaded } from '../../setup/assert-installed.js';
import { exportsOf } from '../../setup/package-loading.js';
import { unrefClient } from './background.js';
import { type MongoConnectionOptions, parametersOf, urlOf } from './options.js';

const DEFAULT_TIMEOUT_MS = 300;

/** Makes the client, loading the driver; it connects with its first operation. */
export async function openClient(
  options: MongoConnectionOptions,
  socketTimeoutMS: number,
): Promise<MongoClient> {
  const { MongoClient } = await import('mongodb')
    .catch(notLoaded('MongoExporter', 'mongodb', '7'))
    .then(exportsOf);
  const client = new MongoClient(urlOf(options), clientOptions(options, socketTimeoutMS));
  unrefClient(client);
  return client;
}

/** The driver's options. What the URL says itself is left to it. */
export function clientOptions(
  options: MongoConnectionOptions,
  socketTimeoutMS: number,
): MongoClientOptions {
  const { user, password, tls } = options;
  const defaults: MongoClientOptions = {
    appName: 'kaneda-otel',
    serverSelectionTimeoutMS: options.connectTimeout ?? options.timeout ?? DEFAULT_TIMEOUT_MS,
    // A silent server would be waited for until the end of time.
    socketTimeoutMS,
    retryWrites: true,
    w: 'majority',
    // One write at a time needs one connection, and monitors their own.
    maxPoolSize: 2,
    // One connection and one timer a server instead of two each; a write that fails has them look
    // at once.
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
