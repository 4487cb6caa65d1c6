import http from 'node:http';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { httpMetrics } from '../../../../src/integrations/http.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { fakeMetrics, InMemoryExporter } from '../../../../src/testing/index.js';
import { close, get, listen } from './clients.js';

/** One request to a server that is measured, until the server is closed. */
async function serveOne(metrics: Metrics, options?: { buckets?: readonly number[] }) {
  const server = httpMetrics(metrics, options)(http.createServer((_, response) => response.end()));
  const port = await listen(server);
  await get(port, '/');
  await close(server);
}

/** What an application's own provider is given; by name. */
async function onProvider(
  record: (metrics: Metrics) => Promise<void>,
): Promise<Map<string, MetricData>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const metrics = new Metrics({ meterProvider: new MeterProvider({ readers: [reader] }) });
  await record(metrics);
  expect(metrics.ledger().refused).to.deep.equal({});
  await metrics.close();
  const data = exporter
    .getMetrics()
    .at(-1)!
    .scopeMetrics.flatMap(({ metrics: all }) => all);
  return new Map(data.map((one) => [one.descriptor.name, one]));
}

const boundariesOf = ({ dataPoints }: MetricData): number[] =>
  (dataPoints[0] as { value: { buckets: { boundaries: number[] } } }).value.buckets.boundaries;

describe("httpMetrics' instruments", () => {
  it('have the names, units and buckets of the semantic conventions on an OpenTelemetry provider', async () => {
    const found = await onProvider(serveOne);
    const duration = found.get('http.server.request.duration')!;
    expect(duration.descriptor).to.include({
      unit: 's',
      description: 'Duration of HTTP server requests.',
    });
    expect(boundariesOf(duration)).to.have.length(14).and.include(0.005).and.include(10);
    expect(duration.dataPoints[0]!.attributes).to.deep.equal({
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'http.response.status_code': 200,
    });
    const active = found.get('http.server.active_requests')!;
    expect(active.descriptor).to.include({ unit: '{request}' });
    expect(active.dataPoints.map(({ value }) => value)).to.deep.equal([0]);
  });

  it('have the buckets that the application wants', async () => {
    const found = await onProvider((metrics) => serveOne(metrics, { buckets: [1, 2] }));
    expect(boundariesOf(found.get('http.server.request.duration')!)).to.deep.equal([1, 2]);
  });

  it("have a child's prefix and tags", async () => {
    const metrics = fakeMetrics();
    await serveOne(metrics.with({ prefix: 'shop.', tags: { zone: 'eu' } }));
    const [report] = metrics.recorded.byName('shop.http.server.request.duration');
    expect(report).to.include({ unit: 's' });
    expect(report!.tags).to.include({ zone: 'eu', 'http.request.method': 'GET' });
  });

  it('are one report each in a store of ours, in aggregate mode', async () => {
    const backend = new InMemoryExporter();
    const metrics = new Metrics({ backend });
    await serveOne(metrics);
    await metrics.close();
    expect(backend.reports.map(({ name, unit }) => `${name} ${unit}`).sort()).to.deep.equal([
      'http.server.active_requests {request}',
      'http.server.request.duration s',
    ]);
    expect(backend.byName('http.server.request.duration')[0]!.fields).to.include({ count: 1 });
  });
});
