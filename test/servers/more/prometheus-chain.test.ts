import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { OtlpExporter } from '../../../exporters/stores/otlp/index.js';
import { Metrics } from '../../../src/index.js';
import {
  type ScrapedCollector,
  startScrapedCollector,
} from '../../support/servers/collector-prometheus.js';
import { startScraping } from '../../support/servers/prometheus.js';
import { requireServer, type Server } from '../../support/servers/server.js';

const PAGE = readFileSync(new URL('../../../docs/what-to-ask.md', import.meta.url), 'utf8');
/** What is recorded again and again: route, status, requests, and the seconds of each. */
const ROUND = [
  ['/', 200, 60, 0.04],
  ['/orders', 201, 24, 0.4],
  ['/orders', 503, 6, 0.4],
] as const;
const ROUNDS = 6;
/** The seconds of `rate(…[5m])`. */
const RANGE_S = 300;

type Values = Readonly<Record<string, number>>;

describe('Metrics in a Collector that Prometheus scrapes', function () {
  this.timeout(120_000);
  let collector: ScrapedCollector;
  let prometheus: Server;
  beforeEach(async function () {
    collector = (await requireServer(this, startScrapedCollector)) as ScrapedCollector;
    prometheus = await requireServer(this, () => startScraping(collector.scraped));
  });
  afterEach(async () => {
    await prometheus?.stop();
    await collector?.stop();
  });

  /** Runs a query now: values by route. */
  const ask = async (query: string): Promise<Values> => {
    const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, error, data } = (await answer.json()) as Answer;
    expect(status, error).to.equal('success');
    return Object.fromEntries(
      data.result.map(({ metric, value }) => [metric.route ?? '', Number(value[1])]),
    );
  };
  const sum = (rounds: number): Values => ({ '/': 60 * rounds, '/orders': 30 * rounds });
  const scraped = async (total: string, wanted: Values): Promise<void> => {
    let found: Values = {};
    for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) {
      found = await ask(`sum by (route) (${total})`);
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    }
    expect(found, total).to.deep.equal(wanted);
  };

  /** Records a first round, which `rate` does not see, then the others; each is scraped before the next. */
  const recordAll = async (metrics: Metrics, flush: () => Promise<void>): Promise<void> => {
    metrics.describe('shop.requests', { monotonic: true, description: 'Requests' });
    metrics.describe('shop.duration', { unit: 's' });
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [route, status, requests, seconds] of ROUND) {
        metrics.increment('shop.requests', { route, status }, requests);
        for (let i = 0; i < requests; i++) metrics.timing('shop.duration', seconds, { route });
      }
      await flush();
      await scraped('shop_requests_total', sum(round));
    }
  };

  /** Prometheus extends what it saw by up to one scrape at each end. */
  const expectRates = (rates: Values): void => {
    const increase = sum(ROUNDS - 1);
    for (const [route, rate] of Object.entries(rates))
      expect(rate * RANGE_S, route).to.be.within(increase[route]!, increase[route]! * 1.5);
    expect(rates['/']! / rates['/orders']!).to.be.closeTo(2, 0.2);
  };

  it("answer the page's queries, of a MeterProvider with OpenTelemetry's own exporter", async () => {
    const exporter = new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` });
    const reader = new PeriodicExportingMetricReader({ exporter });
    const resource = resourceFromAttributes({ 'service.instance.id': 'web-1' });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const metrics = new Metrics({ meterProvider: provider });
    await recordAll(metrics, () => provider.forceFlush());
    expectRates(await ask(block('rate by route')));
    expect((await ask(block('error share')))['']).to.be.closeTo(6 / 90, 0.01);
    const { '/': fast, '/orders': slow } = await ask(block('percentile by route'));
    expect(fast).to.be.within(0.025, 0.05);
    expect(slow).to.be.within(0.25, 0.5);
    await metrics.close();
    await provider.shutdown();
  });

  it("answer the page's queries, of OtlpExporter, whose histograms are native", async () => {
    const metrics = new Metrics({ backend: new OtlpExporter({ url: collector.url }) });
    await recordAll(metrics, () => metrics.flush());
    expectRates(await ask(block('rate by route')));
    expect((await ask(block('error share')))['']).to.be.closeTo(6 / 90, 0.01);
    const query = block('percentile by route').replace('_bucket', '').replace('route, le', 'route');
    const { '/': fast, '/orders': slow } = await ask(query);
    expect(fast).to.be.closeTo(0.04, 0.04 * 0.02);
    expect(slow).to.be.closeTo(0.4, 0.4 * 0.02);
    await metrics.close();
  });
});

/** A query of the page. */
function block(title: string): string {
  const found = new RegExp(`\`\`\`promql prometheus ${title}\n(.*?)\`\`\``, 's').exec(PAGE);
  expect(found, title).not.to.equal(null);
  return found![1]!.trim();
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: { metric: { route?: string }; value: [number, string] }[] };
}
