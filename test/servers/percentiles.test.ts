import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../exporters/stores/mongodb/index.js';
import { expectClose, provePercentiles } from '../support/percentiles.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { startMongo } from '../support/servers/ferretdb.js';
import { startInflux } from '../support/servers/influxdb.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { allDocuments, reader } from '../support/servers/stores/elastic-found.js';

const VALUES = 1_000_000;
const TITLE = 'are within 2 % for a million values over four processes and sixty intervals';

describe('Percentiles from InfluxDB', function () {
  this.timeout(180_000);
  let server: Server;
  before(async function () {
    server = await requireServer(this, startInflux, { own: true });
  });
  after(() => server?.stop());

  it(TITLE, async () => {
    await provePercentiles(
      () => new InfluxExporter({ connectionUrl: server.url, timeout: 5 }),
      VALUES,
    );
  });
});

describe('Percentiles from MongoDB', function () {
  this.timeout(180_000);
  let server: Server;
  before(async function () {
    server = await requireServer(this, startMongo, { own: true });
  });
  after(() => server?.stop());

  it(TITLE, async () => {
    await provePercentiles(
      () => new MongoExporter({ connectionUrl: server.url, timeout: 5_000 }),
      VALUES,
    );
  });
});

describe('Percentiles from Elasticsearch', function () {
  this.timeout(240_000);
  let server: Server;
  let client: Client;
  let recorded: ReadonlyMap<string, Float64Array>;
  before(async function () {
    server = await requireServer(this, startElasticsearch, { own: true });
    client = reader(server.url);
  });
  after(async () => {
    await client?.close();
    await server?.stop();
  });

  it(TITLE, async () => {
    const options = { indexName: 'percentiles', connectionUrl: server.url, timeout: 5 };
    recorded = await provePercentiles(
      () => new ElasticsearchExporter(options),
      VALUES,
      () => client.indices.refresh({ index: 'percentiles-*' }),
    );
  });

  it("keeps distributions unindexed on a server that does not know Elastic's field type for them", async function () {
    if (await knowsHistograms()) this.skip();
    const [document] = await allDocuments(client, 'percentiles');
    expect(document!.source.distribution).to.have.all.keys('values', 'counts');
    expect(document!.source.instance).to.match(/:\d+$/);
    const { count } = await client.count({
      index: 'percentiles-*',
      query: { exists: { field: 'instance' } },
    });
    expect(count).to.equal(960);
  });

  it('come from its own aggregations, on a server that has them', async function () {
    if (!(await knowsHistograms())) this.skip();
    for (const [name, values] of recorded) {
      const field = 'distribution';
      const { aggregations } = await client.search({
        index: 'percentiles-*',
        size: 0,
        query: { term: { name } },
        aggregations: {
          percentiles: { percentiles: { field, percents: [50, 95, 99] } },
          average: { avg: { field } },
          count: { value_count: { field } },
          histogram: { histogram: { field, interval: 1 } },
        },
      });
      const found = aggregations as unknown as Answers;
      expectClose(name, Object.values(found.percentiles.values), values);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(found.average.value).to.be.closeTo(mean, mean * 0.02);
      expect(found.count.value).to.equal(VALUES);
      const counts = found.histogram.buckets.reduce((sum, { doc_count }) => sum + doc_count, 0);
      expect(counts).to.equal(VALUES);
    }
  });

  interface Answers {
    readonly percentiles: { readonly values: Readonly<Record<string, number>> };
    readonly average: { readonly value: number };
    readonly count: { readonly value: number };
    readonly histogram: { readonly buckets: readonly { readonly doc_count: number }[] };
  }

  async function knowsHistograms(): Promise<boolean> {
    const mappings = await client.indices.getMapping({ index: 'percentiles-*' });
    return Object.values(mappings).some(
      ({ mappings: { properties } }) => properties?.distribution?.type === 'histogram',
    );
  }
});
