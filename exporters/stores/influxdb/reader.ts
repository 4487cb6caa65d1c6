import type { InfluxConnection } from './client.js';
import { identifier } from './setup.js';

/** Returns true when there is a point of the measurement at that nanosecond. @throws Error when the server does not let itself be asked */
export async function hasPoint(
  connection: InfluxConnection,
  database: string,
  measurement: string,
  time: string,
  signal: AbortSignal,
): Promise<boolean> {
  const q = `SELECT * FROM ${identifier(measurement)} WHERE time = ${time}`;
  const body = String(new URLSearchParams({ db: database, q }));
  const answer = await connection.post(
    '/query',
    {},
    'application/x-www-form-urlencoded',
    body,
    signal,
  );
  if (answer.status !== 200)
    throw new Error(
      `InfluxDB answers ${answer.status} to a query: grant the account READ to have it checked`,
    );
  const { results } = JSON.parse(answer.body) as { results?: { series?: unknown[] }[] };
  return results?.[0]?.series !== undefined;
}
