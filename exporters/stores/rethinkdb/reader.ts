import { codeOf } from '../../error-code.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import { reportOf } from '../../reading/from-document.js';
import { mergeSorted } from '../../reading/merge-sorted.js';
import { nearlySorted } from '../../reading/nearly-sorted.js';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import { tableOf } from './documents.js';
import type { Queries, Term } from './driver.js';

/** Documents a page. */
const PAGE_DOCUMENTS = 1_000;

type Document = Readonly<Record<string, unknown>> & { readonly id: string };

/** The tables to read: the table that the options name, or all tables of the database. */
export interface TableAddress {
  readonly db: string;
  readonly tableName: string | undefined;
}

/** Runs a query about a table. @throws the driver's error, explained. */
export type Run = (term: Term, table: string) => Promise<unknown>;

/**
 * The reports in a database, page by page. Ids of ours begin with the time, so that a table in the
 * order of its keys is nearly in that of its reports' time, and no index is needed. Reports with
 * ids of the application's own may come later.
 * @throws ImproperlyConfiguredError where the account cannot read, or the database or table does
 * not exist.
 */
export async function* readTables(
  r: Queries,
  { db, tableName }: TableAddress,
  query: ReadQuery,
  run: Run,
): AsyncGenerator<readonly Report[], void> {
  try {
    const tables = tableName === undefined ? await tablesOf(r, db, query, run) : [tableName];
    yield* mergeSorted(
      tables.map((table) =>
        nearlySorted(readTable(r, r.db(db).table(table), query, (term) => run(term, table))),
      ),
    );
  } catch (error) {
    if (codeOf(error) !== 'TABLE_MISSING') throw error;
    throw new ImproperlyConfiguredError(
      `RethinkDB: ${(error as Error).message}: correct db and tableName, or let the application store something first`,
    );
  }
}

async function tablesOf(
  r: Queries,
  db: string,
  { metrics }: ReadQuery,
  run: Run,
): Promise<string[]> {
  const tables = (await run(r.db(db).tableList(), 'TABLE')) as string[];
  const wanted = metrics?.map(tableOf);
  return wanted === undefined ? tables : tables.filter((table) => wanted.includes(table));
}

async function* readTable(
  r: Queries,
  table: Term,
  query: ReadQuery,
  run: (term: Term) => Promise<unknown>,
): AsyncGenerator<readonly Report[], void> {
  const conditions = conditionsOf(r, query);
  let after: unknown = r.minval;
  for (let isFull = true; isFull; ) {
    const ordered = table.between(after, r.maxval, { leftBound: 'open' }).orderBy({ index: 'id' });
    const wanted = conditions.reduce((term, condition) => term.filter(condition), ordered);
    const page = (await run(wanted.limit(PAGE_DOCUMENTS).coerceTo('array'))) as Document[];
    isFull = page.length === PAGE_DOCUMENTS;
    after = page.at(-1)?.id;
    yield page.flatMap((document) => reportOf(document, document.id) ?? []);
  }
}

/** A document without the field that is asked about is left out by the server. */
function conditionsOf(
  r: Queries,
  { since, until, names, metrics }: ReadQuery,
): ((row: Term) => Term)[] {
  const conditions: ((row: Term) => Term)[] = [];
  if (since !== undefined)
    conditions.push((row) => row.getField('timestamp').ge(r.epochTime(since / 1_000)));
  if (until !== undefined)
    conditions.push((row) => row.getField('timestamp').lt(r.epochTime(until / 1_000)));
  for (const [field, values] of [
    ['name', names],
    ['metric', metrics],
  ] as const)
    if (values !== undefined)
      conditions.push((row) => r.json(JSON.stringify(values)).contains(row.getField(field)));
  return conditions;
}
