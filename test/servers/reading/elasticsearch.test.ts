import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { allOf, describeReading, reportAt } from '../../conformance/suites/reading.js';
import { startElasticsearch } from '../../support/servers/elasticsearch.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { reader } from '../../support/servers/stores/elastic-found.js';

let server: Server;
let client: Client;
const NAME = `reading-${process.pid}`;
const make = (place: string, url = server.url): ElasticsearchExporter =>
  new ElasticsearchExporter({ indexName: `${NAME}-${place}`, connectionUrl: url, timeout: 5 });

describeReading('ElasticsearchExporter', {
  start: async (context) => {
    server = await requireServer(context, startElasticsearch);
    client = reader(server.url);
  },
  stop: async () => {
    await client?.close();
    await server?.stop();
  },
  make,
  missing: /has no index reading-\d+-nothing-here-\*: correct indexName/,
  settle: (place) => client.indices.refresh({ index: `${NAME}-${place}-*` }),
  own,
});

function own(): void {
  it('reads indices that an earlier version has made, and those of others not', async () => {
    const index = `${NAME}-old-2026.03.01`;
    const flattened = { type: 'flattened' } as const;
    const keyword = { type: 'keyword' } as const;
    await client.indices.create({
      index,
      mappings: {
        dynamic: false,
        properties: {
          '@timestamp': { type: 'date' },
          name: keyword,
          metric: keyword,
          labels: flattened,
          fields: flattened,
        },
      },
    });
    const old = {
      host: 'h',
      name: 'shop.duration',
      metric: 'timing',
      count: 2,
      sum: 3,
      min: 1,
      max: 2,
      p95: 2,
      labels: { route: '/a', status: 500 },
      '@timestamp': '2026-03-01T10:00:03.000Z',
    };
    await client.index({ index, id: 'one', document: old });
    const billing = make('old-billing');
    await billing[INTERNALS].deliver([reportAt(2, { name: 'not ours' })]);
    const exporter = make('old');
    await exporter[INTERNALS].deliver([reportAt(9, { tags: { route: '/a', status: 500 } })]);
    await client.indices.refresh({ index: `${NAME}-*` });
    const found = await allOf(exporter, { tags: { route: '/a', status: 500 } });
    expect(found.map(({ name }) => name)).to.deep.equal(['shop.duration', 'shop.requests']);
    const { '@timestamp': time, labels, host, name, metric, ...fields } = old;
    expect(found[0]).to.deep.equal({
      id: 'one',
      host,
      name,
      metric,
      fields,
      tags: labels,
      timestamp: new Date(time),
    });
    expect(await allOf(exporter)).to.have.length(2);
    await Promise.all([exporter, billing].map((one) => one.shutdown({ timeout: 1_000 })));
  });

  it('reads indices that were made without a template', async () => {
    const index = `${NAME}-bare-2026.03.01`;
    const document = {
      name: 'shop.requests',
      metric: 'counter',
      value: 3,
      labels: { route: '/a b', status: 500 },
      '@timestamp': '2026-03-01T10:00:03.000Z',
    };
    await client.index({ index, document, refresh: true });
    const exporter = make('bare');
    const asked = { names: ['shop.requests'], metrics: ['counter'], tags: document.labels };
    expect(await allOf(exporter, asked)).to.have.length(1);
    expect(await allOf(exporter, { names: ['shop'] })).to.have.length(0);
    await exporter.shutdown({ timeout: 1_000 });
  });

  it('reads with a client of the application, and does not close it', async () => {
    const own = new Client({ node: server.url });
    const exporter = new ElasticsearchExporter({ indexName: `${NAME}-kinds`, client: own });
    expect(await allOf(exporter)).to.have.length(5);
    expect(await own.indices.exists({ index: `${NAME}-kinds-*` })).to.equal(true);
    await own.close();
  });

  it('says which right is missing, and that nothing listens', async () => {
    const dead = make('kinds', 'http://127.0.0.1:9');
    const error = (await allOf(dead).catch((failure) => failure)) as Error;
    expect(error.message).to.match(/ECONNREFUSED.*nothing listens there/);
  });
}
