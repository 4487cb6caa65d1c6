import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { Client as Client9 } from 'elasticsearch-9';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { queryOf } from '../../../exporters/reading/query.js';
import {
  ElasticsearchExporter,
  type ElasticsearchExporterOptions,
} from '../../../exporters/stores/elasticsearch/index.js';
import { indexTemplate, templateName } from '../../../exporters/stores/elasticsearch/template.js';
import { readReports } from '../../../src/reading/read-reports.js';
import { summarize } from '../../../src/reading/summarize.js';
import { summarizeStores } from '../../../src/reading/summarize-stores.js';
import type { BadReport } from '../../../src/testing/suites/exporter-harness.js';
import { describeExporter, plainReports } from '../../conformance/suites/exporter.js';
import { describeReading } from '../../conformance/suites/reading.js';
import {
  ELASTICSEARCH_9_VERSION,
  type ElasticsearchOptions,
  startElasticsearch,
} from '../../support/servers/elasticsearch.js';
import { startProxy, type TcpProxy } from '../../support/servers/proxy.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { forget, foundIn, reader } from '../../support/servers/stores/elastic-found.js';
import { fill, hostile, written } from '../reading/elasticsearch-documents.js';

const start9 = (options: ElasticsearchOptions = {}) =>
  startElasticsearch({ ...options, version: ELASTICSEARCH_9_VERSION });

/** A client of either major version, which the exporter takes as it is. */
const CLIENTS: Readonly<Record<string, (node: string) => Client>> = {
  8: (node) => new Client({ node }),
  9: (node) => new Client9({ node }) as unknown as Client,
};

/** What the store refuses by itself. */
const bad: readonly BadReport[] = [
  {
    what: 'a time that the mapping cannot hold',
    spoil: (report) => ({ ...report, timestamp: new Date(8.64e15) }),
  },
  {
    what: 'an id that the store cannot hold',
    spoil: (report) => ({ ...report, id: report.id + 'x'.repeat(512) }),
  },
];

describe('ElasticsearchExporter and Elasticsearch 9', function () {
  this.timeout(120_000);
  let server: Server;
  let proxy: TcpProxy;
  let client: Client;
  const opened: Client[] = [];
  before(async function () {
    server = await requireServer(this, start9, { own: true });
    proxy = await startProxy(server.url);
    client = reader(server.url);
  });
  after(async () => {
    for (const one of opened) await one.close();
    await client?.close();
    await proxy?.close();
    await server?.stop();
  });

  it('meet at that major version', async () => {
    const { nodes } = await client.nodes.info({ metric: 'os' });
    const versions = Object.values(nodes).map(({ version }) => version);
    expect(versions).to.deep.equal([ELASTICSEARCH_9_VERSION]);
  });

  for (const [kind, connect] of Object.entries(CLIENTS)) {
    const name = `es9-${kind}`;
    const make = (url: string, options: Partial<ElasticsearchExporterOptions> = {}) => {
      const given = connect(url);
      opened.push(given);
      return new ElasticsearchExporter({ indexName: name, client: given, ...options });
    };
    describeExporter(`ElasticsearchExporter on Elasticsearch 9 with client ${kind}`, {
      clear: () => forget(client, name),
      make: (options) => make(proxy.url, options),
      stored: () => foundIn(client, name),
      down: async () => proxy.cut(),
      silent: async () => proxy.hold(),
      up: async () => proxy.resume(),
      bad,
    });

    describeReading(`ElasticsearchExporter on Elasticsearch 9 with client ${kind}`, {
      start: async () => {},
      stop: () => undefined,
      make: (place) => make(server.url, { indexName: `${name}-read-${place}` }),
      missing: new RegExp(`has no index ${name}-read-nothing-here-\\*: correct indexName`),
      settle: (place) => client.indices.refresh({ index: `${name}-read-${place}-*` }),
    });

    it(`adds counters up for client ${kind}, and gives the other reports as they are`, async () => {
      const indexName = `${name}-sums`;
      await fill(client, indexName, { reports: written(5_000), documents: hostile() });
      const exporter = make(server.url, { indexName });
      let sums = 0;
      opened.at(-1)!.diagnostic.on('request', (_, result) => {
        if (String(result!.meta.request.params.body).includes('"composite"')) sums += 1;
      });
      const asked = { by: ['route', 'status'], step: '1m' };
      const watcher = { fileReader: () => () => {}, add: () => {} };
      const rows = await summarizeStores([exporter], queryOf({}), asked, watcher);
      expect(sums).to.equal(1);
      expect(rows).to.deep.equal(await summarize(readReports(exporter), asked));
      await exporter.shutdown();
    });

    it(`makes the template once with client ${kind}, and only labels add fields`, async () => {
      await forget(client, name);
      const exporters = Array.from({ length: 4 }, () => make(server.url));
      for (const [i, exporter] of exporters.entries())
        exporter[INTERNALS].accept(
          plainReports(5).map((report) => ({
            ...report,
            tags: { route: '/a', status: 200 + i },
            fields: { [`own${i}`]: i },
          })),
        );
      await Promise.all(exporters.map((exporter) => exporter.forceFlush()));
      for (const exporter of exporters)
        expect(exporter.ledger()).to.deep.include({ stored: 5, pending: 0, rejected: {} });
      const made = await client.indices.getIndexTemplate({ name: templateName(name) });
      const { version, priority } = indexTemplate(name);
      expect(made.index_templates).to.have.lengthOf(1);
      expect(made.index_templates[0]!.index_template).to.deep.include({ version, priority });
      expect(await foundIn(client, name)).to.have.lengthOf(20);
      const index = `${name}-*`;
      const query = { range: { 'numeric_labels.status': { gte: 202 } } };
      expect((await client.count({ index, query })).count).to.equal(10);
      const [found] = Object.values(await client.indices.getMapping({ index }));
      expect(Object.keys(found!.mappings.properties!)).to.have.members(
        Object.keys(indexTemplate(name).template!.mappings!.properties!),
      );
      await Promise.all(exporters.map((exporter) => exporter.shutdown()));
    });
  }

  it('keep each report once when the server is killed in the middle of writing', async () => {
    const name = 'es9-killed';
    const exporter = new ElasticsearchExporter({
      indexName: name,
      connectionUrl: server.url,
      timeout: 5,
      batchSize: 100,
    });
    const sent = plainReports(3_000);
    exporter[INTERNALS].accept(sent);
    const flushed = exporter.forceFlush({ timeout: 100_000 });
    while (exporter.ledger().stored === 0) await sleep(5);
    await server.kill();
    await server.start();
    await flushed;
    expect(exporter.ledger()).to.deep.include({ stored: 3_000, pending: 0, rejected: {} });
    const ids = (await foundIn(client, name)).map(({ id }) => id);
    expect(ids).to.have.members(sent.map(({ id }) => id));
    await exporter.shutdown();
  });
});
