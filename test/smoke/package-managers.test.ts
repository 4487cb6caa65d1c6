import { join } from 'node:path';
import { expect } from 'chai';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';
import { clearLanes, lane, makeWorkshop, OPENTELEMETRY } from './lanes.js';

const BOTH = ['orders', 'started'];

const INTO_ELASTICSEARCH = `
import { Metrics } from 'kaneda-otel';
import { ElasticsearchExporter } from 'kaneda-otel/exporters/elasticsearch';
const connectionUrl = process.argv[2];
const metrics = new Metrics({ backend: new ElasticsearchExporter({ indexName: 'bun', connectionUrl }) });
metrics.increment('orders');
metrics.event('started', 'now');
await metrics.flush();
await metrics.close();
`;

describe('the page’s program', function () {
  this.timeout(300_000);
  before(makeWorkshop);
  after(clearLanes);

  for (const name of ['deno', 'bun'])
    it(`stores a number and an event on ${name}`, async () => {
      const made = await lane(name);
      await made.run('sh', ['run.sh']);
      expect(made.stored()).to.deep.equal(BOTH);
    });

  it('stores a number and an event into Elasticsearch on Bun, by a client that the exporter makes', async () => {
    const server = await startElasticsearch({ own: true });
    try {
      const { folder } = await makeWorkshop();
      const made = await lane('bun');
      made.write('into-elasticsearch.mjs', INTO_ELASTICSEARCH);
      const bun = join(folder, 'node_modules/.bin/bun');
      await made.run(bun, ['into-elasticsearch.mjs', server.url]);
      await fetch(`${server.url}/bun-*/_refresh`);
      const found = await fetch(`${server.url}/bun-*/_search`);
      const { hits } = (await found.json()) as { hits: { hits: { _source: { name: string } }[] } };
      expect(hits.hits.map(({ _source }) => _source.name).sort()).to.deep.equal(BOTH);
    } finally {
      await server.stop();
    }
  });

  it('stores a number and an event where pnpm installed the packages', async () => {
    const { folder, tarball } = await makeWorkshop();
    const made = await lane('pnpm', 'module', temporaryFolder('pnpm'));
    await made.run(join(folder, 'node_modules/.bin/pnpm'), ['add', tarball, ...OPENTELEMETRY]);
    await made.run(process.execPath, ['app.mjs']);
    expect(made.stored()).to.deep.equal(BOTH);
  });

  it('stores a number and an event once with Yarn’s Plug’n’Play', async () => {
    const { folder, tarball } = await makeWorkshop();
    const made = await lane('yarn', 'module', temporaryFolder('yarn'));
    made.write('.yarnrc.yml', 'nodeLinker: pnp\nenableTelemetry: false\n');
    made.write('yarn.lock', '');
    const yarn = join(folder, 'node_modules/.bin/yarn');
    const env = await registry();
    await made.run(yarn, ['add', `kaneda-otel@file:${tarball}`, ...OPENTELEMETRY], env);
    await made.run(yarn, ['node', 'app.mjs'], env);
    expect(made.stored()).to.deep.equal(BOTH);
  });
});

/** Yarn does not read npm's configuration. */
async function registry(): Promise<NodeJS.ProcessEnv> {
  const url = (await run('npm', ['config', 'get', 'registry'])).trim().replace(/\/$/, '');
  return { YARN_NPM_REGISTRY_SERVER: url, YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
}
