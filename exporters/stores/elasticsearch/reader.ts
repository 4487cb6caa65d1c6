import type { Client, estypes } from '@elastic/elasticsearch';
import { isOwnError } from '../../error-code.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import type { Examination } from '../../setup/examination.js';
import { readAnswer } from './answers.js';
import { classifyFailure } from './outcomes.js';
import { toReport } from './stored.js';

/** Documents a page: larger ones save nothing. */
const PAGE_DOCUMENTS = 5_000;
/** The time that the cluster keeps the point in time, counted from each page. */
const KEEP_ALIVE = '5m';

/** The server sorts all documents for each page. */
const TIME_ORDER: estypes.Sort = [
  { '@timestamp': { order: 'asc', unmapped_type: 'date' } },
  '_shard_doc',
];
/** The server goes on where the page before ended. */
const STORED_ORDER: estypes.Sort = ['_shard_doc'];

type Hit = estypes.SearchHit<Readonly<Record<string, unknown>>>;

/**
 * The reports in the indices `NAME-YYYY.MM.DD`, as they were when the reading began, for a summary
 * in any order. The next page is requested while the current page is processed.
 * @throws ImproperlyConfiguredError where the account cannot read, or the index does not exist.
 */
export async function* readIndices(
  client: Client,
  indexName: string,
  query: ReadQuery,
): AsyncGenerator<readonly Report[], void> {
  const reading = new PointInTime(client, indexName, query);
  let coming: Promise<readonly Hit[]> | undefined = reading.next();
  let isEmpty = true;
  try {
    while (coming !== undefined) {
      const hits: readonly Hit[] = await coming;
      coming = hits.length < PAGE_DOCUMENTS ? undefined : reading.next();
      // A reader that leaves the loop does not wait for it.
      coming?.catch(() => {});
      isEmpty &&= hits.length === 0;
      yield hits.flatMap((hit) => (reading.isOurs(hit) ? reportOf(hit) : []));
    }
    if (isEmpty) await assertThere(client, indexName, query.signal);
  } catch (error) {
    throw query.signal.aborted ? error : explainError(error, indexName);
  } finally {
    await reading.close();
  }
}

const reportOf = ({ _id = '', _source = {} }: Hit): Report | [] => toReport(_id, _source) ?? [];

/** The contents of the indices at one moment, read page by page. */
class PointInTime {
  readonly #client: Client;
  readonly #indexName: string;
  readonly #query: ReadQuery;
  #id: string | undefined;
  #after: estypes.SortResults | undefined;

  constructor(client: Client, indexName: string, query: ReadQuery) {
    this.#client = client;
    this.#indexName = indexName;
    this.#query = query;
  }

  async next(): Promise<readonly Hit[]> {
    // A signal of its own: the client sends it events.
    const options = { signal: AbortSignal.any([this.#query.signal]) };
    this.#id ??= (
      await this.#client.openPointInTime(
        { index: `${this.#indexName}-*`, keep_alive: KEEP_ALIVE, ignore_unavailable: true },
        options,
      )
    ).id;
    const answer = await this.#client.search<Readonly<Record<string, unknown>>>(
      {
        pit: { id: this.#id, keep_alive: KEEP_ALIVE },
        size: PAGE_DOCUMENTS,
        query: filterOf(this.#query, this.#indexName),
        sort: this.#query.isForSummary ? STORED_ORDER : TIME_ORDER,
        track_total_hits: false,
        ...(this.#after === undefined ? {} : { search_after: this.#after }),
      },
      options,
    );
    const { hits } = answer.hits;
    this.#id = answer.pit_id ?? this.#id;
    this.#after = hits.at(-1)?.sort;
    return hits;
  }

  /** `app-*` covers the indices of `app-billing` as well. */
  isOurs({ _index }: Hit): boolean {
    const day = _index.slice(this.#indexName.length + 1);
    return _index.startsWith(`${this.#indexName}-`) && /^\d{4,}\.\d\d\.\d\d$/.test(day);
  }

  /** Lets go of it in the cluster; if that fails, the cluster does so by itself. */
  async close(): Promise<void> {
    const id = this.#id;
    if (id !== undefined) await this.#client.closePointInTime({ id }).catch(() => {});
  }
}

/**
 * May find more than is asked for: indices that were made without our template have texts where it
 * has keywords.
 */
function filterOf(
  { since, until, names, metrics, tags, listed }: ReadQuery,
  indexName: string,
): estypes.QueryDslQueryContainer {
  const filter: estypes.QueryDslQueryContainer[] = [{ wildcard: { _index: `${indexName}-*.*.*` } }];
  if (since !== undefined || until !== undefined)
    filter.push({
      range: {
        '@timestamp': {
          format: 'epoch_millis',
          ...(since === undefined ? {} : { gte: String(since) }),
          ...(until === undefined ? {} : { lt: String(until) }),
        },
      },
    });
  if (names !== undefined) filter.push(oneOf('name', names));
  if (metrics !== undefined) filter.push(oneOf('metric', metrics));
  for (const tag of listed) filter.push(oneOf('tags', [tag]));
  for (const [key, value] of tags) filter.push(oneOf(`labels.${key}`, [value]));
  return { bool: { filter } };
}

const oneOf = (field: string, values: readonly string[]): estypes.QueryDslQueryContainer => ({
  bool: {
    should: [{ terms: { [field]: [...values] } }, { terms: { [`${field}.keyword`]: [...values] } }],
  },
});

/** Nothing found may mean that nothing is there. */
async function assertThere(client: Client, indexName: string, signal: AbortSignal): Promise<void> {
  const isThere = await client.indices.exists(
    { index: `${indexName}-*`, allow_no_indices: false },
    { signal: AbortSignal.any([signal]) },
  );
  if (isThere) return;
  throw new ImproperlyConfiguredError(
    `Elasticsearch has no index ${indexName}-*: correct indexName, or let the application store something first`,
  );
}

function explainError(error: unknown, indexName: string): unknown {
  if (isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED')) return error;
  const { status, type, fromStore } = readAnswer(error);
  if (!fromStore) return classifyFailure(error);
  if (status !== 403) return status === 401 ? classifyFailure(error) : error;
  const role = `{"indices":[{"names":["${indexName}-*"],"privileges":["read","view_index_metadata"]}]}`;
  return new ImproperlyConfiguredError(
    `Elasticsearch refuses the query (${type}): give the account a role with ${role}`,
    { cause: error },
  );
}

/**
 * Checks that a document can be read back, and collects remarks on its index for the operator.
 * Settings that the account cannot see are left out.
 * @throws the error of the connection.
 */
export async function examineDocument(
  client: Client,
  index: string,
  id: string,
  signal: AbortSignal,
): Promise<Examination> {
  const found = await askIfAllowed(() => client.exists({ index, id }, { signal, maxRetries: 0 }));
  const remarks = remarksOn(index, await settingsOf(client, index, signal));
  return found === undefined ? { remarks } : { found, remarks };
}

/**
 * An index's settings by their full names; undefined where there is no such index, or the account
 * may not see it.
 */
export async function settingsOf(
  client: Client,
  index: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const settings = await askIfAllowed(() =>
    client.indices.getSettings({ index, flat_settings: true }, { signal, maxRetries: 0 }),
  );
  // An alias answers with the index behind it.
  return Object.values(settings ?? {})[0]?.settings as Record<string, unknown> | undefined;
}

/** Returns the operator's remarks on an index's settings. */
export function remarksOn(index: string, settings: Record<string, unknown> = {}): string[] {
  if (settings['index.translog.durability'] !== 'async') return [];
  return [
    `${index} has index.translog.durability: async: what it acknowledged in the last seconds is lost when the server dies; set it to request`,
  ];
}

/** Asks; nothing where the account may not, or there is no such thing. */
export async function askIfAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { status, fromStore } = readAnswer(error);
    if (fromStore && (status === 403 || status === 404)) return undefined;
    throw classifyFailure(error);
  }
}
