import type { Client, estypes } from '@elastic/elasticsearch';
import type { ReadQuery } from '../../reading/query.js';
import type { SummedReport, SumsQuery } from '../../reading/sums.js';

/** A query whose counters the server may add up. */
export interface SummaryQuery extends ReadQuery {
  readonly sums?: SumsQuery & {
    /** The code that does it. The command line brings it along: no application loads it. */
    readonly inElasticsearch: SumInElasticsearch;
  };
}

/**
 * Lets the server add up counters.
 * @returns `undefined` where it cannot, or gains nothing: then all documents are read.
 * @throws the signal's reason.
 */
export type SumInElasticsearch = (
  store: SearchedIndices,
  query: ReadQuery,
  sums: SumsQuery,
) => Promise<Sums | undefined>;

/** The indices of an exporter, as they were at one moment. */
export interface SearchedIndices {
  readonly client: Client;
  readonly indexName: string;
  /** The fields as our template maps them. */
  readonly mapped: Readonly<Record<string, estypes.MappingProperty>>;
  /** Tells its indices from others that begin with its name. */
  isOwn(index: string): boolean;
  /** The filter that finds the documents that are asked for, and maybe more. */
  readonly filter: readonly estypes.QueryDslQueryContainer[];
  search(request: estypes.SearchRequest): Promise<estypes.SearchResponse>;
}

/** Sums, and the query that finds exactly the documents that they are made of. */
export interface Sums {
  readonly reports: readonly SummedReport[];
  readonly documents: estypes.QueryDslQueryContainer;
}
