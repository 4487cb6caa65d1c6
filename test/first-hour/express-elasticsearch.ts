import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { post } from '../smoke/example.js';
import { install } from '../smoke/project.js';
import { kibanaSearches } from '../support/dashboards/files.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { Page } from './page.js';
import { installed, type Task } from './tasks.js';

const HOUR_MS = 3_600_000;

/** The README of examples/express, with the dashboard's own searches in Kibana's place. */
export const expressElasticsearch: Task = {
  name: 'Express into Elasticsearch with a dashboard',
  minutes: 15,
  async run(watch, started) {
    const page = new Page('examples/express/README.md');
    const server = await started.server(startElasticsearch);
    const example = await installed('express', watch, started);
    const env = {
      KANEDA_BACKEND: 'elasticsearch',
      KANEDA_ELASTIC_CONNECTION_URL: server.url,
      // The server is busy with its start.
      KANEDA_ELASTIC_TIMEOUT: '10',
    };
    await watch.step('the client of the store', async () => {
      page.command('npm install @elastic/elasticsearch@8');
      await install(example.folder, '@elastic/elasticsearch@8');
    });
    await watch.step('kaneda check --setup', () =>
      example.run(page.command('npx kaneda check --setup'), env),
    );
    await watch.step('the shop and its orders', async () => {
      page.command('npm start');
      const shop = example.start('start', env);
      const url = await shop.address();
      expect(await post(`${url}/orders`, { article: 'plum', amount: 3 })).to.equal(201);
      await (await fetch(`${url}/articles/plum`)).text();
      expect(await shop.end()).to.equal(0);
    });
    await watch.step('the dashboard', async () => {
      const client = new Client({ node: server.url });
      await client.indices.refresh({ index: 'metrics-*' });
      expect(await requestsByRoute(client)).to.deep.equal(['/articles/:name', '/orders']);
      const { hits } = await search(client, 'Events');
      expect(hits.hits.map(({ _source }) => _source?.name)).to.include('started');
      await client.close();
    });
  },
};

async function search(client: Client, title: string) {
  const { index, body } = kibanaSearches(Date.now() - HOUR_MS, Date.now()).get(title)!;
  return client.search<{ name: string }>({ index, ...body });
}

async function requestsByRoute(client: Client): Promise<string[]> {
  const { aggregations } = await search(client, 'Requests per minute by route');
  const { buckets } = aggregations!.groups as { buckets: { key: string }[] };
  return buckets.map(({ key }) => key).sort();
}
