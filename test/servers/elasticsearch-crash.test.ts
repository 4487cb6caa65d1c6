import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { indexTemplate, templateName } from '../../exporters/stores/elasticsearch/template.js';
import { plainReports } from '../conformance/suites/exporter.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { temporaryFolder } from '../support/servers/process.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { forget, foundIn, reader } from '../support/servers/stores/elastic-found.js';

const WRITER = fileURLToPath(new URL('../programs/elasticsearch-writer.ts', import.meta.url));

/** A child program and how many of its reports its outbox has acknowledged. */
class Writer {
  acknowledged = 0;
  last = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', WRITER, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.last = line;
      this.acknowledged = Number(line);
    });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  async writing(): Promise<void> {
    while (this.acknowledged === 0) await sleep(5);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

describe('ElasticsearchExporter loses and doubles nothing', function () {
  this.timeout(300_000);
  let server: Server;
  let client: Client;

  before(async function () {
    server = await requireServer(this, startElasticsearch, { own: true });
    client = reader(server.url);
  });
  after(() => server?.stop());
  beforeEach(() => forget(client, 'crash'));

  const expectOnce = async (wanted: Iterable<string>) => {
    const ids = (await foundIn(client, 'crash')).map(({ id }) => id);
    const stored = new Set(ids);
    expect(stored.size, 'stored twice').to.equal(ids.length);
    expect(
      [...wanted].filter((id) => !stored.has(id)),
      'lost',
    ).to.deep.equal([]);
    return stored;
  };

  it('when the server is killed and comes back in the middle of writing', async () => {
    const exporter = new ElasticsearchExporter({
      indexName: 'crash',
      connectionUrl: server.url,
      timeout: 2,
      batchSize: 300,
      writeTimeout: 5_000,
    });
    const sent: string[] = [];
    for (let round = 0; round < 2; round++) {
      const end = Date.now() + 1_500;
      const killed = sleep(700 + Math.random() * 700).then(() => server.kill());
      // The outbox has room for as many, however fast the machine is.
      while (Date.now() < end && sent.length < (round + 1) * 20_000) {
        const reports = plainReports(50);
        sent.push(...reports.map(({ id }) => id));
        exporter[INTERNALS].accept(reports);
        await sleep(1);
      }
      await killed;
      await server.start();
    }
    await exporter.forceFlush({ timeout: 120_000 });
    await exporter.shutdown();
    expect(exporter.ledger()).to.deep.include({
      accepted: sent.length,
      stored: sent.length,
      pending: 0,
    });
    expect((await expectOnce(sent)).size).to.equal(sent.length);
  });

  it('when the server is frozen in the middle of writing', async () => {
    const exporter = new ElasticsearchExporter({
      indexName: 'crash',
      connectionUrl: server.url,
      timeout: 2,
      batchSize: 300,
      writeTimeout: 1_500,
    });
    const sent = plainReports(6_000);
    exporter[INTERNALS].accept(sent);
    await sleep(50);
    server.pause();
    await sleep(3_000);
    server.resume();
    await exporter.forceFlush({ timeout: 120_000 });
    await exporter.shutdown();
    expect((await expectOnce(sent.map(({ id }) => id))).size).to.equal(sent.length);
  });

  for (const victims of [['application'], ['store'], ['application', 'store']]) {
    it(`when ${victims.join(' and ')} are killed again and again`, async () => {
      const directory = temporaryFolder('outbox');
      const wanted: string[] = [];
      const rounds = victims.includes('store') ? 2 : 5;
      for (let round = 0; round < rounds; round++) {
        const run = `${victims.join('-')}-${round}`;
        const writer = new Writer(server.url, 'crash', directory, run);
        await writer.writing();
        await sleep(Math.random() * 500);
        if (victims.includes('store')) await server.kill();
        if (!victims.includes('application')) await sleep(Math.random() * 500);
        await writer.kill();
        if (victims.includes('store')) await server.start();
        for (let n = 0; n < writer.acknowledged; n++) wanted.push(`${run}-${n}`);
      }
      const drain = new Writer(server.url, 'crash', directory, 'drain');
      expect(await drain.ended).to.equal(0);
      expect(JSON.parse(drain.last)).to.deep.include({ pending: 0, rejected: {}, dropped: {} });
      expect(wanted.length).to.be.above(0);
      await expectOnce(wanted);
    });
  }

  it('when five processes start at once, and the template is made right', async () => {
    const writers = Array.from(
      { length: 5 },
      (_, i) => new Writer(server.url, 'crash', temporaryFolder('outbox'), `many-${i}`),
    );
    await Promise.all(writers.map((writer) => writer.writing()));
    await sleep(1_000);
    await Promise.all(writers.map((writer) => writer.kill()));
    const { index_templates: templates } = await client.indices.getIndexTemplate({
      name: templateName('crash'),
    });
    expect(templates[0]!.index_template.version).to.equal(indexTemplate('crash').version);
    const mappings = await client.indices.getMapping({ index: 'crash-*' });
    for (const { mappings: mapping } of Object.values(mappings))
      expect(mapping).to.have.nested.include({
        dynamic: 'false',
        'properties.labels.dynamic': 'true',
        'properties.labels.subobjects': false,
      });
    await expectOnce([]);
  });
});
