import type { Queries, Term } from './driver.js';

/** Runs a query and waits until it is complete. */
export type Run = (term: Term) => Promise<unknown>;

/** The milliseconds until a duplicate made at the same time is visible everywhere. */
const DUPLICATES_VISIBLE_AFTER_MS = 1_500;
/** Seconds until a new table must be ready. */
const READY_WITHIN_S = 10;

/**
 * Makes the database and a table where they are missing, and resolves when the table can be written
 * to.
 *
 * RethinkDB lets several clients create one name at the same time, and every later query fails as
 * ambiguous. So each client that finds the name absent, or present but empty and so perhaps just
 * made, waits until all have created theirs, and then all keep the same one.
 */
export async function ensureTable(
  r: Queries,
  run: Run,
  db: string,
  table: string,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const here = r.db(db);
  if (!((await run(r.dbList())) as string[]).includes(db)) {
    await unlessThere(run(r.dbCreate(db)));
    await sleep(DUPLICATES_VISIBLE_AFTER_MS);
    await keepOne(r, run, 'db_config', { name: db });
  }
  const names = (await run(here.tableList())) as string[];
  const known = names.filter((name) => name === table).length;
  if (known === 0) await unlessThere(run(here.tableCreate(table)));
  if (known !== 1 || !(await isInUse(run, here.table(table)))) {
    await sleep(DUPLICATES_VISIBLE_AFTER_MS);
    await keepOne(r, run, 'table_config', { db, name: table });
  }
  await run(here.table(table).wait({ waitFor: 'ready_for_writes', timeout: READY_WITHIN_S }));
}

/** The commands of an administrator for an account that can only write. */
export const adminCommands = (db: string, table: string, user: string): string =>
  `an administrator runs r.dbCreate('${db}'), r.db('${db}').tableCreate('${table}') and r.db('${db}').grant('${user}', {read: true, write: true})`;

/** The commands of an administrator for an account that cannot read. */
export const readCommand = (db: string, table: string, user: string): string =>
  `an administrator runs r.db('${db}')${table === 'TABLE' ? '' : `.table('${table}')`}.grant('${user}', {read: true})`;

/** Somebody who waited has written to it: no duplicate of it can come any more. */
async function isInUse(run: Run, table: Term): Promise<boolean> {
  try {
    return (await run(table.isEmpty())) === false;
  } catch (error) {
    if (isAbout(error, /ambiguous/) || isPermission(error)) return false;
    throw error;
  }
}

/** All who come here delete the same ones, and one that is deleted already counts as deleted. */
async function keepOne(
  r: Queries,
  run: Run,
  system: 'db_config' | 'table_config',
  fields: object,
): Promise<void> {
  const config = r.db('rethinkdb').table(system);
  let ids: string[];
  try {
    ids = (await run(config.filter(fields).getField('id').coerceTo('array'))) as string[];
  } catch (error) {
    // An account without rights to the system tables cannot put it right; if there are several, the
    // write will say so.
    if (isPermission(error)) return;
    throw error;
  }
  for (const id of ids.sort().slice(1)) await run(config.get(id).delete());
}

async function unlessThere(created: Promise<unknown>): Promise<void> {
  try {
    await created;
  } catch (error) {
    if (!isAbout(error, /already exists/)) throw error;
  }
}

const isAbout = (error: unknown, text: RegExp): boolean =>
  text.test(String((error as { msg?: string }).msg));
const isPermission = (error: unknown): boolean => (error as Error).name === 'ReqlPermissionError';
