import { mergeSorted } from '../../reading/merge-sorted.js';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import type { InfluxConnection } from './client.js';
import type { Endpoint } from './endpoint.js';
import { ask, askAll, type ShortQuestion } from './queries.js';
import { identifier } from './setup.js';
import { type Schema, toReport } from './stored.js';

/**
 * Past a million reports of one millisecond a report is stored at a later one, by no more than
 * this.
 */
const LATEST_MOVE_MS = 1_000;

/**
 * Returns true when there is a point of the measurement at that nanosecond.
 * @throws Error when the server does not let itself be asked
 */
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

/**
 * The reports in a database: each measurement has a query, and the answers are merged by time,
 * unless they are for a summary.
 * @param within milliseconds that the server may take to say what is there.
 * @throws ImproperlyConfiguredError where the account cannot read, or the database does not exist.
 */
export async function* readDatabase(
  endpoint: Endpoint,
  query: ReadQuery,
  within: number,
): AsyncGenerator<readonly Report[], void> {
  const question = { endpoint, signal: query.signal, within };
  const schemas = await schemasOf(question, await measurementsOf(question, query));
  if (query.isForSummary)
    for (const schema of schemas) yield* readMeasurement(endpoint, forSummary(schema), query);
  else yield* mergeSorted(schemas.map((schema) => readMeasurement(endpoint, schema, query)));
}

/** The measurements of the database that the query is about: the types of metrics. */
async function measurementsOf(
  question: ShortQuestion,
  { metrics }: ReadQuery,
): Promise<readonly string[]> {
  const found = await askAll(question, 'SHOW MEASUREMENTS');
  // Of a database that is not there InfluxDB 1 has no measurements either; another query says so.
  if (found.length === 0) await askAll(question, 'SELECT * FROM "gauge" LIMIT 1');
  return found
    .flatMap(({ values = [] }) => values.map(([name]) => String(name)))
    .filter((name) => metrics === undefined || metrics.includes(name));
}

/** Stored percentiles are not part of a summary. */
const forSummary = (schema: Schema): Schema => ({
  ...schema,
  fields: schema.fields.filter((field) => !/^p\d+$/.test(field)),
});

async function schemasOf(
  question: ShortQuestion,
  measurements: readonly string[],
): Promise<Schema[]> {
  if (measurements.length === 0) return [];
  const from = measurements.map(identifier).join(',');
  const keys = async (kind: 'FIELD' | 'TAG'): Promise<Map<string, string[]>> => {
    const found = new Map<string, string[]>();
    const answer = await askAll(question, `SHOW ${kind} KEYS FROM ${from}`);
    for (const { name = '', values = [] } of answer)
      found.set(name, [...(found.get(name) ?? []), ...values.map(([key]) => String(key))]);
    return found;
  };
  const [fields, tags] = [await keys('FIELD'), await keys('TAG')];
  // A field may be there with several types.
  const of = (found: typeof fields, name: string) => [...new Set(found.get(name))];
  return measurements.map((measurement) => ({
    measurement,
    fields: of(fields, measurement),
    tags: of(tags, measurement),
  }));
}

async function* readMeasurement(
  endpoint: Endpoint,
  schema: Schema,
  query: ReadQuery,
): AsyncGenerator<readonly Report[], void> {
  const columns = [
    ...schema.fields.map((field) => `${identifier(field)}::field`),
    ...schema.tags.map((tag) => `${identifier(tag)}::tag`),
  ];
  const conditions = conditionsOf(query, schema);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const q = `SELECT ${columns.join(', ')} FROM ${identifier(schema.measurement)}${where} ORDER BY time`;
  for await (const { values = [] } of ask(endpoint, q, query.signal))
    yield values.flatMap((row) => toReport(schema, row) ?? []);
}

/** May find more than is asked for. */
function conditionsOf({ since, until, names, tags }: ReadQuery, schema: Schema): string[] {
  const conditions: string[] = [];
  if (since !== undefined) conditions.push(`time >= ${Math.floor(since)}ms`);
  // A report's nanosecond lies within the millisecond of its time, or a little later.
  if (until !== undefined) conditions.push(`time < ${Math.ceil(until) + LATEST_MOVE_MS}ms`);
  if (names !== undefined) conditions.push(equal('name', names, schema));
  for (const [key, value] of tags) {
    const columns = [key, `tag_${key}`].filter((column) => schema.tags.includes(column));
    const forms = columns.map((column) => `${identifier(column)}::tag = ${literal(value)}`);
    conditions.push(forms.length === 0 ? 'time < 0' : `(${forms.join(' OR ')})`);
  }
  return conditions;
}

function equal(column: string, values: readonly string[], { fields, tags }: Schema): string {
  const kinds = [
    ...(fields.includes(column) ? ['field'] : []),
    ...(tags.includes(column) ? ['tag'] : []),
  ];
  const forms = kinds.flatMap((kind) =>
    values.map((value) => `${identifier(column)}::${kind} = ${literal(value)}`),
  );
  return forms.length === 0 ? 'time < 0' : `(${forms.join(' OR ')})`;
}

/** InfluxQL's quoted text. */
const literal = (text: string): string =>
  `'${text.replace(/['\\]/g, '\\$&').replace(/\n/g, '\\n')}'`;
