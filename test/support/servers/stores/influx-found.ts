import type { Report } from '../../../../exporters/reports/report.js';
import { nanoseconds } from '../../../../exporters/stores/influxdb/documents.js';
import { identifier } from '../../../../exporters/stores/influxdb/setup.js';
import type { BadReport } from '../../../../src/testing/suites/exporter-harness.js';
import type { Found } from '../../../conformance/suites/exporter.js';

/** A report that InfluxDB refuses, because its value is not a number as those before it are. */
export const TYPE_CONFLICT: BadReport = {
  what: 'type conflict',
  spoil: (report) => ({ ...report, value: 'text in a field of numbers' }),
};

/** A row of a query: its columns, its tags and its measurement. */
export interface Row extends Record<string, unknown> {
  readonly measurement: string;
  /** Nanoseconds, decimal. */
  readonly time: string;
}

/** Who asks, as InfluxDB 1's basic authentication has it. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** Runs InfluxQL and gives all rows of all series. @throws Error with the server's own words */
export async function query(
  url: string,
  q: string,
  database = '',
  account?: Account,
): Promise<Row[]> {
  const headers: Record<string, string> =
    account === undefined
      ? {}
      : { authorization: `Basic ${btoa(`${account.username}:${account.password}`)}` };
  const body = new URLSearchParams({ q, db: database, epoch: 'ns' });
  const answer = await fetch(`${url}/query`, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(20_000),
  });
  // Nanoseconds since 1970 do not fit into a number.
  const text = (await answer.text()).replace(/\[(-?\d{10,}),/g, '["$1",');
  const { error, results = [] } = JSON.parse(text) as Answer;
  const failure = error ?? results.find((result) => result.error !== undefined)?.error;
  if (failure !== undefined) throw new Error(`InfluxDB: ${failure}`);
  return results.flatMap(({ series = [] }) => series.flatMap(rowsOf));
}

/** All points of a database, measurement by measurement: one query over all of them leaves out fields that have several types. */
export async function allPoints(url: string, database: string, account?: Account): Promise<Row[]> {
  const measurements = await query(url, 'SHOW MEASUREMENTS', database, account);
  const selects = measurements.map((row) => `SELECT * FROM ${identifier(String(row.name))}`);
  return selects.length === 0 ? [] : query(url, selects.join(';'), database, account);
}

/** The points as the reports they came from: identified by their time, as no id is stored. A point that nobody sent has its time as id. */
export function foundAmong(rows: readonly Row[], sent: readonly Report[]): Found[] {
  const ids = new Map(sent.map((report) => [nanoseconds(report), report.id]));
  return rows.map(({ measurement, time, name, name_1, value }) => ({
    id: ids.get(String(time)) ?? String(time),
    name: String(name ?? name_1),
    metric: measurement,
    value,
  }));
}

interface Series {
  readonly name: string;
  readonly tags?: Record<string, string>;
  readonly columns: readonly string[];
  readonly values?: readonly (readonly unknown[])[];
}

interface Answer {
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[];
}

function rowsOf({ name, tags = {}, columns, values = [] }: Series): Row[] {
  return values.map((row) => {
    const fields = Object.fromEntries(columns.map((column, i) => [column, row[i]]));
    return { ...tags, ...fields, measurement: name, time: String(fields.time) };
  });
}
