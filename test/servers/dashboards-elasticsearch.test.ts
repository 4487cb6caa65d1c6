import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { ElasticsearchExporter } from '../../exporters/stores/elasticsearch/index.js';
import { grafanaTargets, kibanaSearches } from '../support/dashboards/files.js';
import { searchOf } from '../support/dashboards/grafana-elasticsearch.js';
import {
  expectMeans,
  inEachMinute,
  KNOWN,
  knownReports,
  knownTimes,
} from '../support/dashboards/known.js';
import { startElasticsearch } from '../support/servers/elasticsearch.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { skipped } from '../support/servers/skipped.js';
import { forget, reader } from '../support/servers/stores/elastic-found.js';

const INDEX = 'metrics';
const MINUTE_MS = 60_000;

interface Bucket {
  readonly key: string | number;
  readonly [aggregation: string]: unknown;
}
type Buckets = { readonly buckets: readonly Bucket[] };

describe('the dashboards for Elasticsearch', function () {
  this.timeout(120_000);
  let server: Server;
  let client: Client;
  let from: number;
  let hasHistograms: boolean;

  before(async function () {
    server = await requireServer(this, startElasticsearch);
    client = reader(server.url);
    await forget(client, INDEX);
    from = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
    const exporter = new ElasticsearchExporter({
      indexName: INDEX,
      connectionUrl: server.url,
      timeout: 5,
    });
    const reports = knownReports(from);
    const outcomes = await exporter[INTERNALS].deliver(reports, {
      signal: AbortSignal.timeout(30_000),
    });
    await exporter.shutdown();
    expect(new Set(outcomes)).to.deep.equal(new Set(['stored']));
    await client.indices.refresh({ index: `${INDEX}-*` });
    hasHistograms = await knowsHistograms(client);
    if (!hasHistograms)
      skipped(
        'elasticsearch-histogram',
        "percentile panels: this server lacks the field type histogram; set TEST_ELASTICSEARCH_URL to Elastic's default distribution",
      );
  });
  after(async () => {
    if (client !== undefined) await forget(client, INDEX);
    await client?.close();
    await server?.stop();
  });

  const search = async (body: Record<string, unknown>, index = `${INDEX}-*`) =>
    client.search<Record<string, unknown>>({ index, ...body });
  /** Values by group and minute of an aggregation in an aggregation. */
  const grouped = ({ buckets }: Buckets, time: string, number: string) =>
    Object.fromEntries(
      buckets.map((bucket) => [bucket.key, valuesOf(bucket[time] as Buckets, number)]),
    );
  const valuesOf = ({ buckets }: Buckets, number: string) =>
    Object.fromEntries(
      buckets
        .map((step) => [step.key, (step[number] as { value: number | null }).value] as const)
        .filter(([, value]) => value !== null && value !== 0),
    );
  const inEach = (numbers: object) => inEachMinute(from, numbers);

  describe('of Grafana', () => {
    const targets = grafanaTargets('grafana-elasticsearch.json');
    const run = async (title: string, part = 0) => {
      const { aggregations } = await search(searchOf(targets.get(title)![part]!, from, Date.now()));
      return aggregations as Readonly<Record<string, Buckets>>;
    };
    const byGroup = async (title: string, part = 0) =>
      grouped((await run(title, part))['2']!, '9', '1');

    it('count requests, and those that failed, by route', async () => {
      expect(await byGroup('Requests per minute by route')).to.deep.equal(inEach(KNOWN.requests));
      const failed = await byGroup('Failed requests per minute by route');
      expect(failed).to.deep.equal(inEach(KNOWN.failed));
    });

    it('show gauges by process, and the ledger', async () => {
      expect(await byGroup('Active requests by process')).to.deep.equal(inEach(KNOWN.active));
      for (const [part, count] of Object.values(KNOWN.ledger).entries()) {
        const found = await byGroup('Ledger: pending, rejected, dropped', part);
        expect(found).to.deep.equal(inEach({ 'web-1:1': count, 'web-2:1': count }));
      }
    });

    it('list events, the newest first', async () => {
      const { hits } = await search(searchOf(targets.get('Events')![0]!, from, Date.now()));
      const found = hits.hits.map(({ _source }) => `${_source?.name} ${_source?.value}`);
      expect(found).to.deep.equal(KNOWN.events);
    });

    it('merge distributions into percentiles and means', async function () {
      if (!hasHistograms) this.skip();
      const { '9': time } = await run('Duration: p50, p95, p99');
      expectPercentiles(time!, '1');
      const means = await byGroup('Mean duration by route');
      expect(means).to.have.all.keys(Object.keys(KNOWN.means));
      for (const [route, mean] of Object.entries(KNOWN.means))
        expectMeans(means[route]!, from, mean, mean * 0.02);
    });

    it('have no panel that is not looked at here', () => {
      expect(targets.size).to.equal(7);
    });
  });

  describe('of Kibana', () => {
    const run = async (title: string) => {
      const { index, body } = kibanaSearches(from, Date.now()).get(title)!;
      expect(index).to.equal(`${INDEX}-*`);
      return search(body);
    };
    const byGroup = async (title: string) =>
      grouped((await run(title)).aggregations!.groups as Buckets, 'time', 'number');

    it('count requests, and those that failed, by route', async () => {
      expect(await byGroup('Requests per minute by route')).to.deep.equal(inEach(KNOWN.requests));
      const failed = await byGroup('Failed requests per minute by route');
      expect(failed).to.deep.equal(inEach(KNOWN.failed));
    });

    it('show gauges by process, and the ledger', async () => {
      expect(await byGroup('Active requests by process')).to.deep.equal(inEach(KNOWN.active));
      const { pending, rejected, dropped } = KNOWN.ledger;
      const ledger = {
        'kaneda.ledger.pending': pending,
        'kaneda.ledger.rejected': rejected,
        'kaneda.ledger.dropped': dropped,
      };
      expect(await byGroup('Ledger: pending, rejected, dropped')).to.deep.equal(inEach(ledger));
    });

    it('list events, the newest first', async () => {
      const { hits } = await run('Events');
      const found = hits.hits.map(({ _source }) => `${_source?.name} ${_source?.value}`);
      expect(found).to.deep.equal(KNOWN.events);
    });

    it('merge distributions into percentiles', async function () {
      if (!hasHistograms) this.skip();
      expectPercentiles(
        (await run('Duration: p50, p95, p99')).aggregations!.time as Buckets,
        'number',
      );
    });

    it('have no panel that is not looked at here', () => {
      expect(kibanaSearches(0, 0).size).to.equal(6);
    });
  });

  const expectPercentiles = ({ buckets }: Buckets, number: string): void => {
    expect(buckets.map(({ key }) => key)).to.deep.equal(knownTimes(from));
    for (const step of buckets) {
      const { values } = step[number] as { values: Readonly<Record<string, number>> };
      for (const [name, known] of Object.entries(KNOWN.percentiles))
        expect(values[`${name.slice(1)}.0`], name).to.be.closeTo(known, known * 0.03);
    }
  };
});

/** Tells whether the index has the field as a histogram: a server without that type has it unindexed. */
async function knowsHistograms(client: Client): Promise<boolean> {
  const mappings = await client.indices.getMapping({ index: `${INDEX}-*` });
  return Object.values(mappings).every(
    ({ mappings: { properties } }) => properties?.distribution?.type === 'histogram',
  );
}
