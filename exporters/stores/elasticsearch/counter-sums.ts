import type { estypes } from '@elastic/elasticsearch';
import type { ReadQuery } from '../../reading/query.js';
import type { SummedReport, SumsQuery } from '../../reading/sums.js';
import { countersIn, documentsToSum, numberIn } from './documents-to-sum.js';
import { plainIndices } from './plain-indices.js';
import type { SearchedIndices, SumInElasticsearch, Sums } from './sums.js';

/** Sums of one answer: a cluster makes at most 65,536, unless its settings say otherwise. */
const PAGE_SUMS = 20_000;
/** More would take the memory, and the time, that the documents themselves take. */
const MAX_SUMS = 100_000;
/**
 * The share of the documents that must be in sums: a server takes thrice as long for each document
 * of a page that has gaps.
 */
const LEAST_SHARE = 0.8;
const TEXTS = ['name', 'metric', 'unit'] as const;
/** The fields that a report is grouped by as by a tag. */
const FIELDS: ReadonlySet<string> = new Set(['host', 'instance', 'app_name']);

interface Bucket {
  /** Values by field; `null` where the documents do not have it. */
  readonly key: Readonly<Record<string, string | number | null>>;
  readonly doc_count: number;
  readonly value: { readonly value: number | null };
}

/** Answers about all documents at once. */
interface Whole {
  readonly values: { readonly value: number };
  readonly times: { readonly count: number; readonly max: number };
  readonly starts: { readonly count: number; readonly min: number | null };
  readonly unstarted: {
    readonly doc_count: number;
    readonly first: { readonly value: number | null };
  };
}

interface Answer extends Whole {
  readonly sums: {
    readonly buckets: readonly Bucket[];
    readonly after_key?: estypes.AggregationsCompositeAggregateKey;
  };
}

/**
 * Sums of counters by Elasticsearch, which adds up doubles, as a summary does. Whatever prevents
 * them does so before one is given back.
 */
export const sumInElasticsearch: SumInElasticsearch = async (store, query, sums) => {
  if (!isPossible(query, sums)) return undefined;
  try {
    return await sumsOf(store, query, sums);
  } catch (error) {
    if (query.signal.aborted) throw error;
    // The account lacks a right, the cluster a setting; or the reader will say what is wrong.
    return undefined;
  }
};

/** A field of an asterisk would stand for many. */
function isPossible({ metrics, tags, listed }: ReadQuery, { by, also, step }: SumsQuery): boolean {
  return (
    tags.length + listed.length === 0 &&
    metrics?.includes('counter') !== false &&
    (step === undefined || Number.isInteger(step)) &&
    ![...by, ...also].some((tag) => tag.includes('*'))
  );
}

async function sumsOf(
  store: SearchedIndices,
  query: ReadQuery,
  sums: SumsQuery,
): Promise<Sums | undefined> {
  const tags = [...new Set([...sums.by, ...sums.also])];
  const plain = await plainIndices(store, tags, query.signal);
  if (plain === undefined) return undefined;
  const least = LEAST_SHARE * (await countOf(store));
  if ((await countOf(store, countersIn(plain.indices))) < least) return undefined;
  const fields = tags.filter((tag) => FIELDS.has(tag));
  const documents = documentsToSum(plain.indices, [...TEXTS, ...fields], sums.by, tags);
  const labels = tags.filter((tag) => plain.labels.has(tag));
  const columns = [...TEXTS, ...fields, ...labels.map((tag) => `labels.${tag}`)];
  const request = requestOf([...store.filter, documents], columns, sums.step);
  const found = await allSums(store, request);
  if (found === undefined || found.documents < least) return undefined;
  const reports = found.buckets.map((one) => reportOf(one, labels, found.whole, query.since));
  return { reports, documents };
}

async function countOf(
  store: SearchedIndices,
  ...more: readonly estypes.QueryDslQueryContainer[]
): Promise<number> {
  const query = { bool: { filter: [...store.filter, ...more] } };
  const { hits } = await store.search({ size: 0, track_total_hits: true, query });
  return totalOf(hits);
}

type Request = ReturnType<typeof requestOf>;

function requestOf(
  filter: readonly estypes.QueryDslQueryContainer[],
  columns: readonly string[],
  step: number | undefined,
) {
  const sources: Record<string, estypes.AggregationsCompositeAggregationSource>[] = columns.map(
    (field) => ({ [field]: { terms: { field, missing_bucket: true } } }),
  );
  const histogram = { field: '@timestamp', fixed_interval: `${step}ms` };
  if (step !== undefined) sources.push({ time: { date_histogram: histogram } });
  return {
    size: 0,
    query: { bool: { filter: [...filter] } },
    // Shards without these documents are left out beforehand: where a name is text, they would
    // refuse the request.
    pre_filter_shard_size: 1,
    allow_partial_search_results: false,
    sums: {
      composite: { size: PAGE_SUMS, sources },
      aggs: { value: { sum: { field: 'value' } } },
    },
  };
}

/** Tells when a field has several values, which the sums count twice. */
const WHOLE: Record<string, estypes.AggregationsAggregationContainer> = {
  values: { value_count: { field: 'value' } },
  times: { stats: { field: '@timestamp' } },
  starts: { stats: { field: 'start_timestamp' } },
  unstarted: {
    filter: { bool: { must_not: [{ exists: { field: 'start_timestamp' } }] } },
    aggs: { first: { min: { field: '@timestamp' } } },
  },
};

/** @returns `undefined` for too many of them, or documents that do not add up. */
async function allSums(store: SearchedIndices, { sums, ...request }: Request) {
  const first = await ask(store, { ...request, track_total_hits: true, aggs: { ...WHOLE, sums } });
  const { hits, answer: whole } = first;
  const documents = totalOf(hits);
  const buckets = [...whole.sums.buckets];
  let after = nextOf(whole);
  while (after !== undefined && buckets.length < MAX_SUMS) {
    const composite = { ...sums.composite, after };
    const { answer } = await ask(store, { ...request, aggs: { sums: { ...sums, composite } } });
    for (const bucket of answer.sums.buckets) buckets.push(bucket);
    after = nextOf(answer);
  }
  if (after !== undefined || !addUp(documents, whole, buckets)) return undefined;
  return { documents, whole, buckets };
}

/** The place where the next answer begins; none comes after one that is not full. */
const nextOf = ({ sums: { buckets, after_key: after } }: Pick<Answer, 'sums'>) =>
  buckets.length < PAGE_SUMS ? undefined : after;

async function ask(store: SearchedIndices, request: estypes.SearchRequest) {
  const { hits, aggregations } = await store.search(request);
  return { hits, answer: aggregations as unknown as Answer };
}

const totalOf = ({ total }: estypes.SearchHitsMetadata): number =>
  (total as estypes.SearchTotalHits).value;

/** Each document has one value and one time, at most one start, and is in one sum. */
function addUp(documents: number, whole: Whole, buckets: readonly Bucket[]): boolean {
  const { values, times, starts, unstarted } = whole;
  const summed = buckets.reduce((sum, bucket) => sum + bucket.doc_count, 0);
  return (
    summed > 0 &&
    [summed, values.value, times.count, starts.count + unstarted.doc_count].every(
      (count) => count === documents,
    ) &&
    buckets.every(({ value }) => Number.isFinite(value.value))
  );
}

/** A sum as a report of the whole time or, in a step, of its beginning. */
function reportOf(
  { key, doc_count: summed, value }: Bucket,
  labels: readonly string[],
  { times, starts, unstarted }: Whole,
  since = Number.NEGATIVE_INFINITY,
): SummedReport {
  const begins = [starts.min, unstarted.first.value].filter((time) => time !== null);
  const tags = labels.flatMap((tag) => {
    const label = key[`labels.${tag}`] ?? null;
    return label === null ? [] : [[tag, numberIn(String(label)) ?? String(label)] as const];
  });
  const text = (field: string) => (typeof key[field] === 'string' ? key[field] : undefined);
  const [unit, instance, appName] = [text('unit'), text('instance'), text('app_name')];
  return {
    id: '',
    name: text('name')!,
    metric: 'counter',
    host: text('host') ?? '',
    value: value.value!,
    tags: Object.fromEntries(tags),
    // The first step may begin before what is asked for.
    timestamp: new Date(typeof key.time === 'number' ? Math.max(key.time, since) : times.max),
    startTimestamp: new Date(Math.min(...begins)),
    ...(unit !== undefined && { unit }),
    ...(instance !== undefined && { instance }),
    ...(appName !== undefined && { appName }),
    summed,
  };
}
