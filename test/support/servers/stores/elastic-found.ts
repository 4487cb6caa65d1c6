import { Client } from '@elastic/elasticsearch';
import type { Found } from '../../../conformance/suites/exporter.js';

/** A document as it was found. */
export interface Document {
  readonly id: string;
  readonly index: string;
  readonly source: Record<string, unknown>;
}

/** The documents of all indices `NAME-*`. */
export async function allDocuments(client: Client, indexName: string): Promise<Document[]> {
  const index = `${indexName}-*`;
  await client.indices.refresh({ index });
  const documents: Document[] = [];
  const search = { index, size: 10_000, sort: ['_doc'] };
  for await (const { body } of client.helpers.scrollSearch<Record<string, unknown>>(search)) {
    for (const hit of body.hits.hits)
      documents.push({ id: hit._id!, index: hit._index, source: hit._source! });
  }
  return documents;
}

/** The documents as the suite wants them. */
export async function foundIn(client: Client, indexName: string): Promise<Found[]> {
  const documents = await allDocuments(client, indexName);
  return documents.map(({ id, source }) => ({
    id,
    name: String(source.name),
    metric: String(source.metric),
    value: source.value,
  }));
}

/** Removes the indices and the template that an exporter of this name made. */
export async function forget(client: Client, indexName: string): Promise<void> {
  const indices = await client.indices.get({
    index: `${indexName}-*`,
    filter_path: '*.aliases',
    expand_wildcards: 'all',
  });
  // The server refuses wildcards when deleting.
  for (const index of Object.keys(indices)) await client.indices.delete({ index });
  await client.indices.deleteIndexTemplate({ name: `${indexName}@kaneda` }, { ignore: [404] });
}

/** A client of its own for looking into the store, with credentials in the URL where needed. */
export const reader = (url: string): Client => new Client({ node: url, maxRetries: 0 });
