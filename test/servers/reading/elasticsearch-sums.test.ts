import { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import fc from 'fast-check';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import { queryOf, type ReadOptions } from '../../../exporters/reading/query.js';
import { reportsIn } from '../../../exporters/reading/sums.js';
import type { Report } from '../../../exporters/reports/report.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { asJson } from '../../../src/cli/report/formats.js';
import { readReports } from '../../../src/reading/read-reports.js';
import { summarize } from '../../../src/reading/summarize.js';
import { summarizeStores } from '../../../src/reading/summarize-stores.js';
import type { SummaryOptions } from '../../../src/reading/summary/options.js';
import { reportAt } from '../../conformance/suites/reading.js';
import { kaneda } from '../../programs/cli.js';
import {
  type ElasticsearchOptions,
  startElasticsearch,
} from '../../support/servers/elasticsearch.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { AMBIGUOUS, fill, hostile, jsonOf, MIXED, written } from './elasticsearch-documents.js';

let server: Server;
let client: Client;
let count = 0;

/** What was asked, and how many reports came in sums and one by one. */
interface Asked {
  readonly paths: string[];
  summed: number;
  scanned: number;
}

/** An exporter whose requests are seen. */
function exporterOf(indexName: string, own: Client) {
  const asked: Asked = { paths: [], summed: 0, scanned: 0 };
  own.diagnostic.on('request', (_, result) => {
    const { path, body } = result!.meta.request.params;
    asked.paths.push(String(body).includes('"composite"') ? 'sums' : path.split('/').at(-1)!);
  });
  const exporter = new ElasticsearchExporter({ indexName, client: own });
  const internals = exporter[INTERNALS];
  const readStored = internals.readStored.bind(internals);
  internals.readStored = async function* (query) {
    for await (const page of readStored(query)) {
      for (const report of page) {
        if ('summed' in report) asked.summed += reportsIn(report);
        else asked.scanned += 1;
      }
      yield page;
    }
  };
  return { exporter, asked };
}

const quiet = { fileReader: () => () => {}, add: () => {} };

/** The rows with sums, which must be those without, whichever way the documents are read. */
async function check(
  indexName: string,
  range: ReadOptions,
  options: SummaryOptions,
  own = new Client({ node: server.url }),
) {
  const { exporter, asked } = exporterOf(indexName, own);
  const rows = await summarizeStores([exporter], queryOf(range), options, quiet);
  const counted = { ...asked, paths: [...asked.paths] };
  const scanned: Report[] = [];
  const query = { ...queryOf(range), isForSummary: true };
  for await (const page of exporter[INTERNALS].readStored(query)) scanned.push(...page);
  expect(rows).to.deep.equal(summarize(scanned, options));
  expect(rows).to.deep.equal(await summarize(readReports(exporter, range), options));
  return { rows, asked: counted };
}

/** Documents that differ in a tag, one for each number. */
async function fillMany(indexName: string, documents: number): Promise<void> {
  await fill(client, indexName, { reports: [reportAt(0)], documents: [] });
  const start = Date.parse('2026-03-01T10:00:00Z');
  for (let from = 0; from < documents; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, documents - from) }, (_, i) => {
      const time = JSON.stringify(new Date(start + from + i));
      return `{"index":{}}\n${jsonOf({ labels: `{"route":"r${from + i}"}`, '@timestamp': time })}`;
    });
    const index = `${indexName}-2026.03.01`;
    await client.bulk({ index, operations: [`${lines.join('\n')}\n`], filter_path: 'errors' });
  }
  await client.indices.refresh({ index: `${indexName}-*` });
}

const nextName = (): string => `sums-${process.pid}-${count++}`;

describe('sums by Elasticsearch', function () {
  this.timeout(180_000);
  before(async function () {
    server = await requireServer(this, startElasticsearch);
    client = new Client({ node: server.url, maxRetries: 0 });
  });
  after(async () => {
    await client?.close();
    await server?.stop();
  });

  it('are those of the documents, one by one, whatever documents there are', async () => {
    const name = nextName();
    await fill(client, name, { reports: written(5_000), documents: hostile() });
    for (const by of [
      [],
      ['route'],
      ['status'],
      ['a.b'],
      ['a', 'host'],
      ['instance', 'x'],
      ['odd [>"\\ ü', 'flag', 'text'],
    ]) {
      for (const step of [undefined, '1m', 7]) {
        const { asked } = await check(name, {}, { by, ...(step !== undefined && { step }) });
        expect(asked.paths.filter((path) => path === 'sums')).to.have.length(1);
        expect(asked.summed, `summed by ${by}`).to.be.at.least(10);
        expect(asked.scanned, `scanned by ${by}`).to.be.at.least(10);
      }
    }
  });

  it('are those of the documents, by tags, steps and ranges of time', async () => {
    let both = 0;
    await fc.assert(
      fc.asyncProperty(MIXED, async ({ documents, asks }) => {
        const name = nextName();
        await fill(client, name, { reports: written(2_000), documents });
        for (const { range, options } of asks) {
          const { asked } = await check(name, range, options);
          if (asked.summed > 0 && asked.scanned > 0) both += 1;
        }
        for (const index of Object.keys(await client.indices.get({ index: `${name}-*` })))
          await client.indices.delete({ index });
      }),
      { numRuns: 8, endOnFailure: true },
    );
    expect(both).to.be.at.least(8);
  });

  it('are not made of documents that would be in several', async () => {
    for (const members of AMBIGUOUS) {
      const name = nextName();
      const documents = [['2026.03.01', jsonOf(members)] as const];
      await fill(client, name, { reports: written(), documents });
      const { asked } = await check(name, {}, { by: ['route', 'status'], step: '1m' });
      expect(asked, jsonOf(members)).to.include({ summed: 0 });
      expect(asked.paths).to.include('sums');
    }
  });

  it('are fetched page by page, and not at all where they are as many as documents', async () => {
    const name = nextName();
    await fillMany(name, 101_000);
    const range = { until: Date.parse('2026-03-01T10:00:00Z') + 45_000 };
    const some = await check(name, range, { by: ['route'] });
    expect(some.rows).to.have.length(45_001);
    expect(some.asked).to.include({ summed: 45_001, scanned: 0 });
    expect(some.asked.paths.filter((path) => path === 'sums')).to.have.length(3);
    const all = await check(name, {}, { by: ['route'] });
    expect(all.asked).to.include({ summed: 0, scanned: 101_001 });
    expect((await check(name, {}, { step: '1h' })).asked).to.include({ summed: 101_001 });
  });

  it('are of the moment at which the reading began, as everything else is', async () => {
    const name = nextName();
    await fill(client, name, { reports: written(5_000), documents: hostile() });
    const own = new Client({ node: server.url });
    const search = own.search.bind(own) as (...args: unknown[]) => Promise<unknown>;
    let more = 0;
    own.search = (async (...args: unknown[]) => {
      for (const value of ['1', '" 1 "']) {
        const document = JSON.parse(jsonOf({ name: '"later"', value }));
        await client.index({ index: `${name}-2026.03.01`, document, refresh: true });
        more += 1;
      }
      return search(...args);
    }) as never;
    const { exporter, asked } = exporterOf(name, own);
    const rows = await summarizeStores([exporter], queryOf({}), { by: ['route'] }, quiet);
    expect(asked.summed).to.be.at.least(10);
    expect(asked.scanned).to.be.at.least(10);
    expect(more).to.be.at.least(4);
    expect(rows.filter(({ name: its }) => its === 'later')).to.deep.equal([]);
    const before = more;
    const later = await summarizeStores([exporter], queryOf({}), { by: ['route'] }, quiet);
    expect(later.find(({ name: its }) => its === 'later')).to.include({ reports: before });
  });

  it('are what `kaneda report` shows', async () => {
    const name = nextName();
    await fill(client, name, { reports: written(5_000), documents: hostile() });
    const env = {
      KANEDA_BACKEND: 'elasticsearch',
      KANEDA_ELASTIC_CONNECTION_URL: server.url,
      KANEDA_ELASTIC_INDEX_NAME: name,
    };
    const range = ['--since', '2026-02-01T00:00:00Z', '--until', '2026-03-05T00:00:00Z'];
    const args = ['report', '--json', ...range, '--by', 'route,status', '--step', '1m'];
    const { code, stdout, stderr } = await kaneda(args, { cwd: '/tmp', env });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const { rows } = await check(
      name,
      { since: range[1]!, until: range[3]! },
      { by: ['route', 'status'], step: '1m' },
    );
    expect(stdout.trimEnd()).to.equal(asJson(rows));
  });
});

describe('reading without sums by Elasticsearch', function () {
  this.timeout(180_000);
  const password = 'p4ssword';
  before(async function () {
    const reader = 'xpack.security.authc.anonymous';
    const settings = {
      'search.max_buckets': 10_000,
      [`${reader}.username`]: 'reader',
      [`${reader}.roles`]: 'reader',
    };
    const roles = { reader: { indices: [{ names: ['sums-*'], privileges: ['read'] }] } };
    const options = { password, settings, roles };
    server = await requireServer<ElasticsearchOptions, Server>(this, startElasticsearch, options);
    client = new Client({ node: server.url, auth: { username: 'elastic', password } });
  });
  after(async () => {
    await client?.close();
    await server?.stop();
  });

  it('gives the same to an account that may not see mappings', async () => {
    const name = nextName();
    await fill(client, name, { reports: written(5_000), documents: hostile() });
    const own = new Client({ node: server.url });
    const { asked } = await check(name, {}, { by: ['route'] }, own);
    expect(asked.paths).to.include('_mapping').and.not.include('sums');
    expect(asked).to.include({ summed: 0 });
    expect(asked.scanned).to.be.at.least(100);
    await own.close();
  });

  it('gives the same where the server refuses so many', async () => {
    const name = nextName();
    await fill(client, name, { reports: written(5_000), documents: hostile() });
    const own = new Client({ node: server.url, auth: { username: 'elastic', password } });
    const { asked } = await check(name, {}, { by: ['route'] }, own);
    expect(asked.paths).to.include('sums');
    expect(asked).to.include({ summed: 0 });
    await own.close();
  });
});
