import { isDeepStrictEqual } from 'node:util';
import type { estypes } from '@elastic/elasticsearch';
import type { SearchedIndices } from './sums.js';

/** The fields that a sum of counters looks at, beside labels. */
const FIELDS = [
  ...['@timestamp', 'start_timestamp', 'name', 'metric', 'unit', 'value', 'tags'],
  ...['host', 'instance', 'app_name'],
] as const;

/** Indices whose fields hold what their documents say. */
interface PlainIndices {
  readonly indices: readonly string[];
  /** The labels, of those that are asked for, that some document has. */
  readonly labels: ReadonlySet<string>;
}

/**
 * Finds the indices that are mapped as by our template, as far as sums by these labels look at
 * them. The right `view_index_metadata` is needed.
 * @returns `undefined` if there are none.
 */
export async function plainIndices(
  store: SearchedIndices,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<PlainIndices | undefined> {
  const answer = await store.client.indices.getMapping(
    {
      index: `${store.indexName}-*`,
      filter_path: '*.mappings._source,*.mappings.runtime,*.mappings.properties',
    },
    { signal: AbortSignal.any([signal]), maxRetries: 0 },
  );
  const plain = Object.entries(answer).filter(
    ([index, { mappings }]) => store.isOwn(index) && isPlain(mappings, store.mapped, labels),
  );
  if (plain.length === 0) return undefined;
  return {
    indices: plain.map(([index]) => index),
    labels: new Set(
      labels.filter((label) =>
        plain.some(([, { mappings }]) => Object.hasOwn(labelsOf(mappings.properties), label)),
      ),
    ),
  };
}

type Properties = Readonly<Record<string, estypes.MappingProperty>>;

const labelsOf = ({ labels }: Properties = {}): Properties =>
  (labels as { readonly properties?: Properties } | undefined)?.properties ?? {};

function isPlain(
  { _source, runtime = {}, properties = {} }: estypes.MappingTypeMapping,
  mapped: Properties,
  asked: readonly string[],
): boolean {
  const labels = labelsOf(properties);
  const given = properties.labels as estypes.MappingObjectProperty | undefined;
  return (
    _source === undefined &&
    Object.keys(runtime).length === 0 &&
    FIELDS.every((field) => isDeepStrictEqual(properties[field], mapped[field])) &&
    (given?.type ?? 'object') === 'object' &&
    given?.enabled === undefined &&
    // Another label that a document brings is a field as well.
    String(given?.dynamic) === 'true' &&
    given?.subobjects === false &&
    asked.every(
      (label) => !Object.hasOwn(labels, label) || isDeepStrictEqual(labels[label], mapped.name),
    )
  );
}
