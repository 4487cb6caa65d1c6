import type { Client, estypes } from '@elastic/elasticsearch';
import type { ReadQuery } from '../../reading/query.js';
import type { Report } from '../../reports/report.js';
import { endOf } from './answer-end.js';
import { isOwnIndex } from './documents.js';
import { type Hit, PageScanner } from './page-scanner.js';
import type { SearchedIndices } from './sums.js';
import { mappedProperties } from './template.js';

/** Documents a page: larger ones save nothing. */
const PAGE_DOCUMENTS = 5_000;
/** The time that the cluster keeps the point in time, counted from each page. */
const KEEP_ALIVE = '5m';

/**
 * The server sorts all documents for each page. It does not take back what it gives for a missing
 * time.
 */
const TIME_ORDER: estypes.Sort = [
  { '@timestamp': { order: 'asc', unmapped_type: 'date', missing: 0 } },
  '_shard_doc',
];
/** The server goes on where the page before ended. */
const STORED_ORDER: estypes.Sort = ['_shard_doc'];

/** The documents of one answer. */
export interface Page {
  readonly isEmpty: boolean;
  /** No other page comes after it. */
  readonly isLast: boolean;
  /** They are made a few at a time. */
  reports(): Iterable<readonly Report[]>;
}

/** The contents of the indices at one moment, read page by page. */
export class PointInTime implements SearchedIndices {
  readonly client: Client;
  readonly indexName: string;
  readonly mapped = mappedProperties();
  readonly filter: readonly estypes.QueryDslQueryContainer[];
  readonly #query: ReadQuery;
  readonly #scanner: PageScanner;
  #id: string | undefined;
  #after: estypes.SortResults | undefined;
  #isScanned: boolean;
  #without: estypes.QueryDslQueryContainer | undefined;

  constructor(client: Client, indexName: string, query: ReadQuery) {
    this.client = client;
    this.indexName = indexName;
    this.filter = filterOf(query, indexName);
    this.#query = query;
    this.#scanner = new PageScanner(indexName);
    this.#isScanned = query.isForSummary === true;
  }

  /** Fixes the moment. */
  async open(): Promise<void> {
    const { id } = await this.client.openPointInTime(
      { index: `${this.indexName}-*`, keep_alive: KEEP_ALIVE, ignore_unavailable: true },
      // A silent server takes long enough as it is.
      { ...this.#options, maxRetries: 1 },
    );
    this.#id = id;
  }

  isOwn(index: string): boolean {
    return isOwnIndex(this.indexName, index);
  }

  /** Leaves documents out of the pages. */
  leaveOut(documents: estypes.QueryDslQueryContainer): void {
    this.#without = documents;
  }

  /** Asks something else of the same contents, once. */
  async search(request: estypes.SearchRequest): Promise<estypes.SearchResponse> {
    const pit = { id: this.#id!, keep_alive: KEEP_ALIVE };
    const answer = await this.client.search(
      { ...request, pit },
      { ...this.#options, maxRetries: 0 },
    );
    this.#id = answer.pit_id ?? this.#id;
    return answer;
  }

  async next(): Promise<Page> {
    return (this.#isScanned ? await this.#scanned() : undefined) ?? this.#parsed();
  }

  /** Lets go of it in the cluster; if that fails, the cluster does so by itself. */
  async close(): Promise<void> {
    const id = this.#id;
    if (id !== undefined) await this.client.closePointInTime({ id }).catch(() => {});
  }

  /**
   * The next page as bytes, of which the end alone is looked at until its reports are asked for.
   * @returns nothing for an answer of another form, which is then asked for again: the client has
   * words for what is wrong with it.
   */
  async #scanned(): Promise<Page | undefined> {
    const { body, headers, statusCode } = await this.client.search(this.#request, {
      ...this.#options,
      asStream: true,
      meta: true,
    });
    const pieces: Buffer[] = [];
    for await (const piece of body as unknown as AsyncIterable<Buffer>) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    const isPlain = statusCode === 200 && headers?.['content-encoding'] === undefined;
    const end = isPlain ? endOf(bytes) : undefined;
    if (end === undefined) {
      this.#isScanned = false;
      return undefined;
    }
    this.#id = end.id;
    this.#after = end.after;
    const isEmpty = end.after === undefined;
    return { isEmpty, isLast: isEmpty, reports: () => this.#scanner.reportsOf(bytes) };
  }

  async #parsed(): Promise<Page> {
    const answer = await this.client.search<Readonly<Record<string, unknown>>>(
      this.#request,
      this.#options,
    );
    const hits: readonly Hit[] = answer.hits.hits;
    this.#id = answer.pit_id ?? this.#id;
    this.#after = hits.at(-1)?.sort;
    return {
      isEmpty: hits.length === 0,
      isLast: hits.length < PAGE_DOCUMENTS,
      reports: () => [hits.flatMap((hit) => this.#scanner.reportOf(hit) ?? [])],
    };
  }

  /** A signal of its own: the client sends it events. */
  get #options() {
    return { signal: AbortSignal.any([this.#query.signal]) };
  }

  get #request() {
    return {
      pit: { id: this.#id!, keep_alive: KEEP_ALIVE },
      size: PAGE_DOCUMENTS,
      query: {
        bool: {
          filter: [...this.filter],
          ...(this.#without === undefined ? {} : { must_not: [this.#without] }),
        },
      },
      sort: this.#query.isForSummary ? STORED_ORDER : TIME_ORDER,
      track_total_hits: false,
      // Rather an error than a sum without the documents of a shard that failed.
      allow_partial_search_results: false,
      ...(this.#after === undefined ? {} : { search_after: this.#after }),
    };
  }
}

/**
 * May find more than is asked for: indices that were made without our template have texts where it
 * has keywords.
 */
function filterOf(
  { since, until, names, metrics, tags, listed }: ReadQuery,
  indexName: string,
): estypes.QueryDslQueryContainer[] {
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
  return filter;
}

const oneOf = (field: string, values: readonly string[]): estypes.QueryDslQueryContainer => ({
  bool: {
    should: [{ terms: { [field]: [...values] } }, { terms: { [`${field}.keyword`]: [...values] } }],
  },
});
