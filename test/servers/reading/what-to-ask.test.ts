import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';
import { ElasticsearchExporter } from '../../../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../../../exporters/stores/mongodb/index.js';
import { readReports } from '../../../src/reading/read-reports.js';
import { summarize } from '../../../src/reading/summarize.js';
import type { Summary } from '../../../src/reading/summary/summary.js';
import { reportAt, timingOf } from '../../conformance/suites/reading.js';
import { startElasticsearch } from '../../support/servers/elasticsearch.js';
import { startMongo } from '../../support/servers/ferretdb.js';
import { startInflux } from '../../support/servers/influxdb.js';
import { startPrometheus } from '../../support/servers/prometheus.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { reader } from '../../support/servers/stores/elastic-found.js';
import { query } from '../../support/servers/stores/influx-found.js';

const PAGE = readFileSync(new URL('../../../docs/what-to-ask.md', import.meta.url), 'utf8');

/** A block of the page by its title. */
function block(title: string): string {
  const found = [...PAGE.matchAll(/^```\w+ (.+)\n([\s\S]*?)\n```$/gm)].find(
    ([, name]) => name === title,
  );
  if (found === undefined) throw new Error(`the page has no block ${title}`);
  return found[2]!;
}

const recently = (report: Report): Report => {
  const timestamp = new Date(Date.now() - 60_000);
  return { ...report, timestamp, id: newId(timestamp.getTime()) };
};
const requests = (value: number, route: string, status: number): Report =>
  reportAt(0, { value, tags: { route, status } });
const upTo = (seconds: number): number[] =>
  Array.from({ length: 200 }, (_, i) => ((i + 1) / 200) * seconds);
const stored = (): Report[] =>
  [
    requests(900, '/', 200),
    requests(60, '/orders', 201),
    requests(40, '/orders', 503),
    reportAt(0, { name: 'another', value: 7, tags: { route: '/', status: 500 } }),
    timingOf(upTo(0.1), 0, { tags: { route: '/' }, instance: 'one' }),
    timingOf(upTo(0.9), 0, { tags: { route: '/orders' }, instance: 'one' }),
    timingOf(upTo(1.1), 0, { tags: { route: '/orders' }, instance: 'two' }),
  ].map(recently);

async function store(exporter: ReportExporter): Promise<void> {
  const outcomes = await exporter[INTERNALS].deliver(stored());
  expect(outcomes.every((outcome) => outcome === 'stored')).to.equal(true);
}

/** Half of both processes' values lie below 0.495 s, 95 % below 0.99 s. */
async function checkPercentiles(exporter: ReportExporter): Promise<void> {
  const rows: Summary[] = await runInNewContext(block('any percentiles by route'), {
    summarize,
    readReports,
    exporter,
  });
  const orders = rows.find(({ group }) => group.route === '/orders')!;
  expect(orders.percentiles![0.5]).to.be.closeTo(0.495, 0.495 * 0.02);
  expect(orders.percentiles![0.95]).to.be.closeTo(0.99, 0.99 * 0.02);
}

describe('what-to-ask.md', function () {
  this.timeout(120_000);

  describe('Elasticsearch', () => {
    let server: Server;
    let client: Client;
    let exporter: ElasticsearchExporter;
    const ask = async (title: string) =>
      (await client.search({ index: 'asked-*', ...JSON.parse(block(title)) }))
        .aggregations as Record<
        string,
        // biome-ignore lint/suspicious/noExplicitAny: each aggregation's answer has a form of its own.
        any
      >;
    before(async function () {
      server = await requireServer(this, startElasticsearch);
      client = reader(server.url);
      exporter = new ElasticsearchExporter({
        indexName: 'asked',
        connectionUrl: server.url,
        timeout: 5,
      });
      await store(exporter);
      await client.indices.refresh({ index: 'asked-*' });
    });
    after(async () => {
      await client?.indices.delete({ index: 'asked-*', ignore_unavailable: true }).catch(() => {});
      await exporter?.shutdown({ timeout: 500 });
      await client?.close();
      await server?.stop();
    });

    it('counts requests by route and the share of errors', async () => {
      const { route } = await ask('elasticsearch rate by route');
      const found = route.buckets.map((one: { key: string; requests: { value: number } }) => [
        one.key,
        one.requests.value,
      ]);
      expect(found).to.deep.equal([
        ['/orders', 100],
        ['/', 900],
      ]);
      const { requests: all, failed } = await ask('elasticsearch error share');
      expect([all.value, failed.requests.value]).to.deep.equal([1_000, 40]);
    });

    it('tells percentiles, by the store where it has histograms, else by us', async () => {
      const { route } = await ask('elasticsearch percentiles by route');
      const mapping = await client.indices.getFieldMapping({
        index: 'asked-*',
        fields: 'distribution',
      });
      const isHistogram = JSON.stringify(mapping).includes('"type":"histogram"');
      const orders = route.buckets.find((one: { key: string }) => one.key === '/orders');
      if (isHistogram) expect(orders.seconds.values['50.0']).to.be.closeTo(0.495, 0.495 * 0.02);
      else expect(orders.seconds.values['50.0']).to.equal(null);
      await checkPercentiles(exporter);
    });
  });

  describe('MongoDB', () => {
    let server: Server;
    let client: MongoClient;
    let exporter: MongoExporter;
    const ask = (db: Db, title: string) =>
      runInNewContext(block(title), { db, Date })
        .toArray()
        .then((rows: { _id: unknown; requests: number }[]) =>
          rows.map(({ _id, requests: sum }) => [_id, sum]).sort(),
        );
    before(async function () {
      server = await requireServer(this, startMongo);
      client = new MongoClient(server.url, { serverSelectionTimeoutMS: 10_000 });
      exporter = new MongoExporter({ connectionUrl: server.url, dbName: 'asked', timeout: 5_000 });
      await store(exporter);
    });
    after(async () => {
      await client?.db('asked').dropDatabase();
      await client?.close();
      await exporter?.shutdown({ timeout: 500 });
      await server?.stop();
    });

    it('counts requests by route and status, and tells percentiles', async () => {
      const db = client.db('asked');
      expect(await ask(db, 'mongodb rate by route')).to.deep.equal([
        ['/', 900],
        ['/orders', 100],
      ]);
      expect(await ask(db, 'mongodb requests by status')).to.deep.equal([
        [200, 900],
        [201, 60],
        [503, 40],
      ]);
      await checkPercentiles(exporter);
    });
  });

  describe('InfluxDB', () => {
    let server: Server;
    let exporter: InfluxExporter;
    const ask = async (title: string, column: string, tag: string) => {
      const rows = await query(server.url, block(title), 'asked');
      return rows.map((row) => [row[tag], row[column]]);
    };
    before(async function () {
      server = await requireServer(this, startInflux);
      exporter = new InfluxExporter({ connectionUrl: server.url, database: 'asked', timeout: 5 });
      await store(exporter);
    });
    after(async () => {
      await exporter?.shutdown({ timeout: 500 });
      if (server !== undefined) await query(server.url, 'DROP DATABASE asked');
      await server?.stop();
    });

    it('counts requests by route and status, and tells percentiles', async () => {
      expect(await ask('influxdb rate by route', 'rate', 'route')).to.deep.equal([
        ['/', 900 / 3_600],
        ['/orders', 100 / 3_600],
      ]);
      expect(await ask('influxdb requests by status', 'requests', 'status')).to.deep.equal([
        ['200', 900],
        ['201', 60],
        ['503', 40],
      ]);
      await checkPercentiles(exporter);
    });
  });

  describe('Prometheus', () => {
    let server: Server;
    // In a block that Prometheus does not take for one of the future.
    const end = Math.floor(Date.now() / 60_000) * 60 - 60;
    const ask = async (title: string): Promise<[string | undefined, number][]> => {
      const asked = new URLSearchParams({ query: block(title), time: String(end) });
      const answer = await fetch(`${server.url}/api/v1/query?${asked}`);
      const { data } = (await answer.json()) as {
        data: { result: { metric: { route?: string }; value: [number, string] }[] };
      };
      const found = data.result.map(({ metric, value }): [string | undefined, number] => [
        metric.route,
        Number(Number(value[1]).toFixed(6)),
      ]);
      return found.sort();
    };
    before(async function () {
      server = await requireServer(this, () => startPrometheus(scraped(end)));
    });
    after(() => server?.stop());

    it('tells the rate and percentile by route, and the share of errors', async () => {
      expect(await ask('prometheus rate by route')).to.deep.equal([
        ['/', 1],
        ['/orders', 0.5],
      ]);
      expect(await ask('prometheus error share')).to.deep.equal([[undefined, 0.066667]]);
      expect(await ask('prometheus percentile by route')).to.deep.equal([
        ['/', 0.095],
        ['/orders', 0.955],
      ]);
    });
  });
});

/** What the Collector shows of ten minutes: 60 requests a minute of `/`, 30 of `/orders`, of which 6 fail. */
function scraped(end: number): string {
  const minutes = Array.from({ length: 11 }, (_, minute) => minute);
  const at = (minute: number): number => end - (10 - minute) * 60;
  const counters = minutes.flatMap((minute) =>
    [
      ['/', 200, 60],
      ['/orders', 201, 24],
      ['/orders', 503, 6],
    ].map(
      ([route, status, count]) =>
        `shop_requests_total{route="${route}",status="${status}"} ${Number(count) * minute} ${at(minute)}`,
    ),
  );
  const buckets = minutes.flatMap((minute) =>
    [
      ['/', '0.1', 60],
      ['/', '1', 60],
      ['/', '+Inf', 60],
      ['/orders', '0.1', 0],
      ['/orders', '1', 30],
      ['/orders', '+Inf', 30],
    ].map(
      ([route, le, count]) =>
        `shop_duration_seconds_bucket{route="${route}",le="${le}"} ${Number(count) * minute} ${at(minute)}`,
    ),
  );
  return `# TYPE shop_requests counter\n${counters.join('\n')}\n# TYPE shop_duration_seconds histogram\n${buckets.join('\n')}\n# EOF\n`;
}
