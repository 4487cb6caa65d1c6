import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { Client as Client9 } from 'elasticsearch-9';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { templateName } from '../../exporters/stores/elasticsearch/template.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { type AnsweringProxy, startAnsweringProxy } from '../support/servers/answering-proxy.js';
import { type ElasticsearchOptions, startElasticsearch } from '../support/servers/elasticsearch.js';
import { freePort } from '../support/servers/process.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { forget, reader } from '../support/servers/stores/elastic-found.js';
import { until } from '../support/until.js';

const HTML = { 'content-type': 'text/html' };
const WAYS = ['everything', 'writes', 'templates'] as const;
const JSON_TYPE = { 'content-type': 'application/json' };

const hasIPv6 = (): boolean =>
  Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

/** The reason for which nothing can be written. */
async function reasonOf(exporter: ElasticsearchExporter): Promise<string> {
  await until(() => exporter.fault !== undefined);
  return String(exporter.fault);
}

/** The documents in the store itself. */
async function countOf(client: Client): Promise<number> {
  await client.indices.refresh({ index: 'gated-*' });
  return (await client.count({ index: 'gated-*' })).count;
}

describe('ElasticsearchExporter behind a gateway', function () {
  this.timeout(120_000);
  let server: Server;
  let gateway: AnsweringProxy;
  let client: Client;

  before(async function () {
    server = await requireServer(this, startElasticsearch, { own: true });
    gateway = await startAnsweringProxy(server.url);
    client = reader(server.url);
  });
  after(async () => {
    await gateway?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    gateway.open();
    await forget(client, 'gated');
  });

  for (const [answer, word] of [
    [{ status: 404, body: 'default backend - 404' }, 'default backend - 404'],
    [{ status: 400, body: '<h1>Bad Request</h1>', headers: HTML }, 'Bad Request'],
    [{ status: 405 }, '405'],
    [{ status: 403, body: '<h1>Blocked</h1>', headers: HTML }, 'Blocked'],
    [{ status: 410, body: '{"error":"Gone","status":410}', headers: JSON_TYPE }, 'Gone'],
    [{ status: 413, body: '<h1>Too Large</h1>', headers: HTML }, '413'],
    [{ status: 302, headers: { location: '/login' } }, 'not'],
    [{ status: 200, body: '<h1>Log in</h1>', headers: HTML }, 'not Elasticsearch'],
    [{ status: 200, body: '{"items":[]}', headers: JSON_TYPE }, 'not Elasticsearch'],
    [{ status: 503, body: 'no healthy upstream' }, 'no healthy upstream'],
  ] as const) {
    for (const which of answer.status === 404 ? WAYS : (['everything'] as const)) {
      it(`loses nothing while it answers ${which} with ${answer.status} ${answer.body ?? ''}`, async () => {
        const exporter = new ElasticsearchExporter({
          indexName: 'gated',
          connectionUrl: gateway.url,
          timeout: 5,
        });
        gateway.answer(answer, (path) =>
          which === 'everything' ? true : path.includes('_bulk') === (which === 'writes'),
        );
        exporter[INTERNALS].accept(plainReports(3));
        expect(await reasonOf(exporter)).to.include(word);
        expect(exporter.ledger()).to.deep.include({ pending: 3, rejected: {}, dropped: {} });
        expect(await countOf(client)).to.equal(0);
        gateway.open();
        await exporter.shutdown();
        expect(exporter.ledger()).to.deep.include({ stored: 3, rejected: {}, dropped: {} });
        expect(await countOf(client)).to.equal(3);
        for (const { mappings } of Object.values(
          await client.indices.getMapping({ index: 'gated-*' }),
        )) {
          expect(mappings.dynamic).to.equal('false');
          expect(mappings.properties).to.deep.include({
            name: { type: 'keyword', ignore_above: 1024 },
          });
        }
      });
    }
  }

  it('keeps what a client sends that is newer than the server, and names the client to install', async () => {
    const newer = new Client9({ node: server.url });
    const exporter = new ElasticsearchExporter({
      indexName: 'gated',
      client: newer as unknown as Client,
    });
    exporter[INTERNALS].accept(plainReports(7));
    expect(await reasonOf(exporter)).to.include('npm install @elastic/elasticsearch@8');
    expect(exporter.ledger()).to.deep.include({ pending: 7, rejected: {} });
    await exporter.shutdown({ timeout: 100 });
    await newer.close();
  });

  it('says the address and the cause of a connection that fails', async () => {
    const closing = createServer((socket) => socket.once('data', () => socket.end('-ERR no\r\n')));
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    const other = (closing.address() as AddressInfo).port;
    const refused = await freePort();
    for (const [connectionUrl, words] of [
      [`http://127.0.0.1:${refused}`, ['ECONNREFUSED', `127.0.0.1:${refused}`, 'start the server']],
      ...(hasIPv6() ? [[`http://[::1]:${refused}`, ['ECONNREFUSED', `${refused}`]] as const] : []),
      ['http://nowhere.invalid:9200', ['nowhere.invalid:9200', 'host']],
      [`http://127.0.0.1:${other}`, [`127.0.0.1:${other}`, 'HTTP']],
      [`https://127.0.0.1:${new URL(server.url).port}`, ['TLS', 'scheme']],
    ] as const) {
      const exporter = new ElasticsearchExporter({ indexName: 'gated', connectionUrl, timeout: 5 });
      exporter[INTERNALS].accept(plainReports(1));
      const reason = await reasonOf(exporter);
      for (const word of words) expect(reason).to.include(word);
      await exporter.shutdown({ timeout: 100 });
    }
    closing.close();
  });
});

for (const version of ['7.17.28', '8.0.1']) {
  describe(`ElasticsearchExporter on a server of version ${version}`, function () {
    this.timeout(120_000);
    let server: Server;
    before(async function () {
      const options = { own: true, version };
      server = await requireServer<ElasticsearchOptions, Server>(this, startElasticsearch, options);
    });
    after(() => server?.stop());

    it('keeps everything, names the version it needs, and makes no index', async () => {
      const client = new Client({ node: server.url });
      const exporter = new ElasticsearchExporter({
        indexName: 'old',
        connectionUrl: server.url,
        timeout: 5,
      });
      exporter[INTERNALS].accept(plainReports(3));
      const reason = await reasonOf(exporter);
      expect(reason).to.include('too old').and.to.include('8.8 or later');
      expect(exporter.ledger()).to.deep.include({ pending: 3, rejected: {} });
      expect(await client.indices.exists({ index: 'old-*', allow_no_indices: false })).to.equal(
        false,
      );
      expect(await client.indices.existsIndexTemplate({ name: templateName('old') })).to.equal(
        false,
      );
      await exporter.shutdown({ timeout: 100 });
      await client.close();
    });
  });
}

describe('ElasticsearchExporter on a server that cannot bound the fields of an index', function () {
  this.timeout(120_000);
  let server: Server;
  before(async function () {
    const options = { own: true, version: '8.7.1' };
    server = await requireServer<ElasticsearchOptions, Server>(this, startElasticsearch, options);
  });
  after(() => server?.stop());

  it('stores everything, and searches labels as one field', async () => {
    const client = new Client({ node: server.url });
    const exporter = new ElasticsearchExporter({
      indexName: 'gated',
      connectionUrl: server.url,
      timeout: 5,
    });
    exporter[INTERNALS].accept(
      plainReports(3).map((report) => ({ ...report, tags: { status: 200 } })),
    );
    await exporter.shutdown();
    expect(exporter.ledger()).to.deep.include({ stored: 3, rejected: {} });
    expect(await countOf(client)).to.equal(3);
    const query = { term: { 'labels.status': '200' } };
    expect((await client.count({ index: 'gated-*', query })).count).to.equal(3);
    const { fields } = await client.fieldCaps({ index: 'gated-*', fields: 'labels' });
    expect(fields.labels).to.have.property('flattened');
    await client.close();
  });
});
