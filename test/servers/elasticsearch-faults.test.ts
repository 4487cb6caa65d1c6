import { inspect } from 'node:util';
import type { Client } from '@elastic/elasticsearch';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { type ElasticsearchOptions, startElasticsearch } from '../support/servers/elasticsearch.js';
import { grant } from '../support/servers/elasticsearch-rights.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { foundIn, reader } from '../support/servers/stores/elastic-found.js';
import { until } from '../support/until.js';

const PASSWORD = 'planted-p@ss/word';

describe('ElasticsearchExporter on a server with little room', function () {
  this.timeout(120_000);
  let server: Server;
  let client: Client;
  const settings = {
    'indexing_pressure.memory.limit': '200kb',
    'http.max_content_length': '1mb',
    'thread_pool.write.size': 1,
    'thread_pool.write.queue_size': 1,
  };

  before(async function () {
    server = await requireServer<ElasticsearchOptions, Server>(this, startElasticsearch, {
      own: true,
      settings,
    });
    client = reader(server.url);
  });
  after(() => server?.stop());

  const exporter = (indexName: string) =>
    new ElasticsearchExporter({ indexName, connectionUrl: server.url, timeout: 5 });

  it('splits what is too large for a request, and sends less at a time to a server that has no memory', async () => {
    const tested = exporter('large');
    const sent = plainReports(600).map((report) => ({
      ...report,
      metric: 'event',
      value: 'x'.repeat(4_000),
    }));
    tested[INTERNALS].accept(sent);
    await tested.forceFlush({ timeout: 60_000 });
    await tested.shutdown();
    expect(tested.ledger()).to.deep.include({ stored: 600, pending: 0, rejected: {} });
    expect(await foundIn(client, 'large')).to.have.lengthOf(600);
  });

  it('rejects a single report that no request can carry, and goes on', async () => {
    const tested = exporter('huge');
    const [before, huge, after] = plainReports(3);
    const fields = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`f${i}`, 'x'.repeat(60_000)]),
    );
    tested[INTERNALS].accept([before!, { ...huge!, fields }, after!]);
    await tested.forceFlush({ timeout: 60_000 });
    await tested.shutdown();
    expect(tested.ledger()).to.deep.include({
      stored: 2,
      pending: 0,
      rejected: { 'request too large (413)': 1 },
    });
  });

  it('repeats only the documents for which the server had no room', async () => {
    const tested = exporter('busy');
    const sent = plainReports(400).map((report, i) => ({
      ...report,
      timestamp: new Date(Date.now() - (i % 8) * 86_400_000),
    }));
    tested[INTERNALS].accept(sent);
    await tested.forceFlush({ timeout: 60_000 });
    await tested.shutdown();
    const stats = await client.nodes.stats({ metric: 'thread_pool' });
    const busy = Object.values(stats.nodes).map((node) => node.thread_pool!.write!.rejected ?? 0);
    expect(Math.max(...busy), 'documents that the server had no room for').to.be.above(0);
    expect(tested.ledger()).to.deep.include({ stored: 400, pending: 0, rejected: {} });
    expect(await foundIn(client, 'busy')).to.have.lengthOf(400);
  });
});

describe('ElasticsearchExporter on a server with passwords', function () {
  this.timeout(120_000);
  let server: Server;
  let admin: Client;
  const said: string[] = [];
  const url = (user: string, password: string) =>
    server.url.replace('://', `://${user}:${encodeURIComponent(password)}@`);

  before(async function () {
    const settings = { 'resource.reload.interval.high': '500ms' };
    const options = { own: true, password: PASSWORD, settings };
    server = await requireServer<ElasticsearchOptions, Server>(this, startElasticsearch, options);
    admin = reader(url('elastic', PASSWORD));
    await grant(admin, ['rights-*']);
    const note = (...texts: unknown[]) =>
      void said.push(texts.map((text) => inspect(text)).join(' '));
    diag.setLogger(
      { error: note, warn: note, info: note, debug: note, verbose: note },
      DiagLogLevel.ALL,
    );
  });
  after(async () => {
    diag.disable();
    await server?.stop();
  });
  beforeEach(() => {
    said.length = 0;
  });

  it('takes credentials from the address or from options', async () => {
    const ways = [
      { connectionUrl: url('elastic', PASSWORD) },
      { host: server.url, user: 'elastic', password: PASSWORD },
    ];
    for (const way of ways) {
      const exporter = new ElasticsearchExporter({ indexName: 'secure', timeout: 5, ...way });
      exporter[INTERNALS].accept(plainReports(2));
      await exporter.forceFlush();
      await exporter.shutdown();
      expect(exporter.ledger()).to.include({ stored: 2 });
    }
    expect(await foundIn(admin, 'secure')).to.have.lengthOf(4);
  });

  it('keeps everything with a wrong password, says so once, and tells it to nobody', async () => {
    const secrets = [
      'planted-wrong',
      'planted-key',
      Buffer.from('elastic:planted-wrong').toString('base64'),
    ];
    const ways = [
      { connectionUrl: url('elastic', 'planted-wrong') },
      { host: server.url, user: 'elastic', password: 'planted-wrong' },
      { host: server.url, apiKey: 'planted-key' },
    ];
    for (const way of ways) {
      said.length = 0;
      const exporter = new ElasticsearchExporter({ indexName: 'secure', timeout: 5, ...way });
      exporter[INTERNALS].accept(plainReports(2));
      const errors: unknown[] = [];
      const flush = () =>
        exporter.forceFlush({ timeout: 500 }).catch((error: unknown) => errors.push(error));
      // A busy server answers its first request late.
      while (exporter.fault === undefined && errors.length < 60) await flush();
      await flush();
      expect(exporter.ledger()).to.deep.include({ pending: 2, rejected: {} });
      expect(errors.length).to.be.above(1);
      expect(said.filter((text) => text.includes('check user and password'))).to.have.lengthOf(1);
      await exporter.shutdown({ timeout: 500 });
      const everything = inspect(
        [errors, said, exporter, exporter.fault, JSON.stringify(exporter)],
        {
          depth: 12,
          showHidden: true,
        },
      );
      for (const secret of secrets) expect(everything).to.not.include(secret);
    }
    expect(await foundIn(admin, 'secure')).to.have.lengthOf(4);
  });

  it('writes without the right to make a template, and says once what an administrator would run', async () => {
    const exporter = new ElasticsearchExporter({
      indexName: 'rights',
      connectionUrl: url('writer', 'planted-writer'),
      timeout: 5,
    });
    exporter[INTERNALS].accept(plainReports(2));
    await exporter.forceFlush();
    exporter[INTERNALS].accept(
      plainReports(2).map((report) => ({ ...report, timestamp: new Date('2025-01-01') })),
    );
    await exporter.forceFlush();
    await exporter.shutdown();
    expect(exporter.ledger()).to.include({ stored: 4 });
    expect(await foundIn(admin, 'rights')).to.have.lengthOf(4);
    expect(said.filter((text) => text.includes('_index_template/rights@kaneda'))).to.have.lengthOf(
      1,
    );
    expect(said.join()).to.not.include('planted-writer');
  });

  it('keeps everything without the right to write, until it is granted', async () => {
    const exporter = new ElasticsearchExporter({
      indexName: 'forbidden',
      connectionUrl: url('writer', 'planted-writer'),
      timeout: 5,
    });
    exporter[INTERNALS].accept(plainReports(2));
    await until(() => exporter.fault !== undefined);
    const error = await exporter.forceFlush({ timeout: 1_000 }).catch((thrown: Error) => thrown);
    expect(String((error as Error).cause)).to.include('grant the account');
    expect(exporter.ledger()).to.deep.include({ pending: 2, rejected: {} });
    expect((await admin.count({ index: 'forbidden-*' })).count).to.equal(0);
    await grant(admin, ['rights-*', 'forbidden-*']);
    await exporter.forceFlush();
    await exporter.shutdown();
    expect(exporter.ledger()).to.include({ stored: 2, pending: 0 });
    expect(await foundIn(admin, 'forbidden')).to.have.lengthOf(2);
  });
});
