/**
 * How many reports a second ElasticsearchExporter stores, against the client's own `bulk` of ready documents, with the same ids and mappings.
 *
 *     npx tsx bench/elasticsearch.ts
 */
import { Client } from '@elastic/elasticsearch';
import type { Report } from '../exporters/reports/report.js';
import { indexOf, toDocument } from '../exporters/stores/elasticsearch/documents.js';
import { ElasticsearchExporter } from '../exporters/stores/elasticsearch/index.js';
import { indexTemplate } from '../exporters/stores/elasticsearch/template.js';
import { startElasticsearch } from '../test/support/servers/elasticsearch.js';
import { raceStore } from './store-race.js';

const server = await startElasticsearch();
const client = new Client({ node: server.url });
const exporter = new ElasticsearchExporter({
  indexName: 'bench-own',
  connectionUrl: server.url,
  timeout: 5,
});
await client.indices.putIndexTemplate(indexTemplate('bench-raw'));

interface Ready {
  readonly id: string;
  readonly document: object;
}

const raw = {
  name: 'client, bulk',
  prepare: (reports: readonly Report[]): Ready[] =>
    reports.map((report) => ({ id: report.id, document: toDocument(report) })),
  async write(batch: readonly Ready[]) {
    // An index for each size of batch: they shall be as large as the exporter's.
    const index = indexOf(`bench-raw-${batch.length}`, new Date());
    const operations = batch.flatMap(({ id, document }) => [
      { create: { _index: index, _id: id } },
      document,
    ]);
    const { errors } = await client.bulk({ operations }, { maxRetries: 0 });
    if (errors) throw new Error('the server refused some');
  },
};
await raceStore('Elasticsearch', exporter, [raw]);
await exporter.shutdown();
await client.close();
await server.stop();
