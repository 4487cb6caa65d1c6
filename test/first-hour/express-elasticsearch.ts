import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { kibanaSearches } from '../support/dashboards/files.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { boardShows } from './board-of.js';
import { Page } from './page.js';
import type { Reader } from './reader.js';
import type { Task } from './tasks.js';

const HOUR_MS = 3_600_000;
const REQUESTS = 'http.server.request.duration';

/** docs/start/express.md, with the dashboard's own searches in Kibana's place. */
export const expressElasticsearch: Task = {
  name: 'Express into Elasticsearch with a dashboard',
  minutes: 15,
  async run(watch, started) {
    const page = new Page('docs/start/express.md');
    const server = await started.server(startElasticsearch);
    const reader = started.reader('express', watch);
    reader.at('http://localhost:9200', server.url);
    await reader.follow(page, 'The packages');
    await visit(page, reader);
    await look(page, reader);
    await watch.step('the dashboard', () => dashboard(server.url));
  },
};

async function visit(page: Page, reader: Reader): Promise<void> {
  const application = page.section('The application');
  reader.write(application);
  const shop = reader.start(application.command('node '));
  reader.at('http://localhost:3000', await shop.address());
  const answers = await reader.follow(page, 'Some requests');
  expect(answers).to.deep.equal(['article plum', 'article pear', 'ordered']);
  expect(await shop.end('SIGINT')).to.equal(0);
}

async function look(page: Page, reader: Reader): Promise<void> {
  const section = page.section('Look');
  const board = section.command('npx kaneda board');
  const commands = section.commands.filter((command) => command !== board);
  const [check, report] = await reader.run(section, commands);
  expect(check).to.match(/All checks passed/);
  expect(report).to.match(/\/articles\/:id .* 2 /);
  expect(report).to.match(/\/orders .* 1 /);
  await boardShows(REQUESTS, board, reader);
}

async function dashboard(node: string): Promise<void> {
  const client = new Client({ node });
  const { index, body } = kibanaSearches(Date.now() - HOUR_MS, Date.now()).get(
    'Requests per minute by route',
  )!;
  const { aggregations } = await client.search({ index, ...body });
  const { buckets } = aggregations!.groups as { buckets: { key: string }[] };
  expect(buckets.map(({ key }) => key).sort()).to.deep.equal(['/articles/:id', '/orders']);
  await client.close();
}
