import { ImproperlyConfiguredError } from '../../errors.js';
import type { Answer, InfluxConnection } from './client.js';

/**
 * Creates an InfluxDB 1 database; where it exists already, from whichever process, nothing happens.
 * @returns false when the account may not
 * @throws ImproperlyConfiguredError when the server is an InfluxDB 2 without a mapping
 * @throws Error when the server does not answer as expected
 */
export async function ensureDatabase(
  connection: InfluxConnection,
  database: string,
  signal: AbortSignal,
): Promise<boolean> {
  const body = String(new URLSearchParams({ q: createStatement(database) }));
  const answer = await connection.post(
    '/query',
    {},
    'application/x-www-form-urlencoded',
    body,
    signal,
  );
  if (answer.status === 401 || answer.status === 403) return false;
  // A server without databases (QuestDB): there is nothing to create.
  if (answer.status === 405) return true;
  if (answer.status !== 200)
    throw new Error(`InfluxDB answers ${answer.status} to CREATE DATABASE`);
  const { results } = JSON.parse(answer.body) as { results?: { error?: string }[] };
  const error = results?.[0]?.error;
  if (error === undefined) return true;
  if (!/not implemented/.test(error))
    throw new Error(`InfluxDB cannot create the database: ${error}`);
  throw new ImproperlyConfiguredError(
    `InfluxDB 2 has no database ${identifier(database)} (${error}): pass url, org, token and bucket instead, or map the ` +
      `database to a bucket: influx v1 dbrp create --db ${database} --rp autogen --default --bucket-id BUCKET_ID`,
  );
}

/** Asks the server for its name. @throws Error when it cannot be reached */
export async function pingsAsVictoriaMetrics(
  connection: InfluxConnection,
  signal: AbortSignal,
): Promise<boolean> {
  return isVictoriaMetrics(await connection.get('/ping', signal));
}

/** True for an answer of VictoriaMetrics, which names its host and is not a build of InfluxDB. */
export const isVictoriaMetrics = ({ headers }: Answer): boolean =>
  headers['x-server-hostname'] !== undefined && headers['x-influxdb-build'] === undefined;

/** The statement that an administrator would run. */
export const createStatement = (database: string): string =>
  `CREATE DATABASE ${identifier(database)}`;

/** InfluxQL's quoted identifier. */
export const identifier = (name: string): string =>
  `"${name.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
