import type { Db, Filter, FindCursor } from 'mongodb';
import { ImproperlyConfiguredError } from '../../errors.js';
import { reportOf } from '../../reading/from-document.js';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import { escapeKey, type ReportDocument, unescapeKey } from './documents.js';
import { classifyFailure, type Remedies } from './outcomes.js';

const PAGE_DOCUMENTS = 2_000;

/**
 * The reports in a collection, sorted by the server unless they are for a summary.
 * @throws ImproperlyConfiguredError where the account cannot read, or the collection does not
 * exist.
 */
export async function* readCollection(
  database: Db,
  name: string,
  query: ReadQuery,
  remedies: Remedies,
): AsyncGenerator<readonly Report[], void> {
  const cursor = database.collection<ReportDocument>(name).find(filterOf(query));
  cursor.batchSize(PAGE_DOCUMENTS);
  // A sort without an index may need more memory than a server gives it.
  if (!query.isForSummary) cursor.sort({ timestamp: 1 }).allowDiskUse(true);
  let isEmpty = true;
  try {
    for (let page = await nextPage(cursor); page.length > 0; page = await nextPage(cursor)) {
      isEmpty = false;
      yield page.flatMap((document) => toReport(document) ?? []);
    }
  } catch (error) {
    throw classifyFailure(error, remedies);
  } finally {
    await cursor.close().catch(() => {});
  }
  if (isEmpty) await assertThere(database, name);
}

/** The documents that the server sent last, without a turn of the event loop for each document. */
async function nextPage(cursor: FindCursor<ReportDocument>): Promise<ReportDocument[]> {
  const first = await cursor.next();
  return first === null ? [] : [first, ...cursor.readBufferedDocuments()];
}

function filterOf({ since, until, names, metrics, tags, listed }: ReadQuery) {
  const time: Record<string, Date> = {};
  if (since !== undefined) time.$gte = new Date(since);
  if (until !== undefined) time.$lt = new Date(until);
  const filter: Record<string, unknown> = {};
  if (Object.keys(time).length > 0) filter.timestamp = time;
  if (names !== undefined) filter.name = { $in: names };
  if (metrics !== undefined) filter.metric = { $in: metrics };
  if (listed.length > 0) filter.tags = { $all: listed };
  for (const [key, value] of tags) filter[`tags.${escapeKey(key)}`] = { $in: formsOf(value) };
  return filter as Filter<ReportDocument>;
}

/** A tag's value is stored as the application gave it. */
function formsOf(value: string): unknown[] {
  const forms: unknown[] = [value];
  if (value === 'true' || value === 'false') forms.push(value === 'true');
  if (value.trim() !== '' && !Number.isNaN(Number(value))) forms.push(Number(value));
  return forms;
}

function toReport(document: ReportDocument): Report | undefined {
  return reportOf(fromBson(document) as Record<string, unknown>, String(document._id));
}

interface BsonValue {
  readonly _bsontype?: string;
  toBigInt?(): bigint;
}

/**
 * A value as it was recorded: whole numbers beyond a double as bigints, keys without look-alikes.
 */
function fromBson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(fromBson);
  const { _bsontype: type } = value as BsonValue;
  if (type === 'Long') return (value as Required<BsonValue>).toBigInt();
  if (type !== undefined) return String(value);
  const object: Record<string, unknown> = {};
  for (const key in value)
    object[unescapeKey(key)] = fromBson((value as Record<string, unknown>)[key]);
  return object;
}

/**
 * Nothing found may mean that nothing is there. An account that may not list collections is
 * believed.
 */
async function assertThere(database: Db, name: string): Promise<void> {
  const found = await database
    .listCollections({ name }, { nameOnly: true })
    .toArray()
    .catch(() => undefined);
  if (found?.length !== 0) return;
  throw new ImproperlyConfiguredError(
    `MongoDB has no collection ${name} in the database ${database.databaseName}: correct dbName and collectionName, or let the application store something first`,
  );
}
