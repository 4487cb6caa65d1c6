import { join } from 'node:path';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { observeProcesses } from '../../bridges/observe-processes.js';
import { Collection, Counter, Float, Integer, State } from '../../src/cantal/index.js';
import { directory } from '../support/places.js';
import { type Collector, type OtlpMetric, startCollector } from '../support/servers/collector.js';
import { requireServer } from '../support/servers/server.js';
import { silence } from '../support/servers/silence.js';

describe("Cantal's metrics in the Collector", () => {
  let collector: Collector;
  let exporter: InMemoryMetricExporter;
  let provider: MeterProvider;
  let place: ReturnType<typeof directory>;

  before(async function () {
    collector = await requireServer(this, startCollector);
  });
  beforeEach(() => {
    place = directory();
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
  });
  afterEach(async () => {
    await provider.shutdown();
    place.discard();
  });
  after(() => collector?.stop());

  /** Collects, and sends what OpenTelemetry's own encoder makes of it. */
  async function send(): Promise<void> {
    await provider.forceFlush();
    for (const metrics of exporter.getMetrics()) {
      const body = Buffer.from(JsonMetricsSerializer.serializeRequest(metrics)!);
      const headers = { 'content-type': 'application/json' };
      expect(
        (await fetch(`${collector.url}/v1/metrics`, { method: 'POST', headers, body })).status,
      ).to.equal(200);
    }
  }

  /** What the Collector got from a scope last, by name; waits until a name is there. */
  async function received(scope: string, name: string): Promise<Record<string, OtlpMetric>> {
    for (;;) {
      const metrics = (await collector.readMetrics())
        .filter((one) => one.scope === scope)
        .map(({ metric }) => metric);
      const found = Object.fromEntries(metrics.map((metric) => [metric.name, metric]));
      if (name in found) return found;
      await silence(50);
    }
  }
  const value = (metric: OtlpMetric | undefined): number => {
    const point = (metric?.sum ?? metric?.gauge)?.dataPoints[0];
    return Number(point?.asInt ?? point?.asDouble);
  };

  function fill(collection: Collection): void {
    const options = { collection };
    new Counter({ group: 'shop', metric: 'orders', color: 'red' }, options).incr(2n ** 40n);
    new Integer({ group: 'shop', metric: 'queue' }, options).set(-3);
    new Float({ group: 'shop', metric: 'load' }, options).set(0.25);
    new State({ state: 'mood' }, options).enter('fine', Date.now() - 5_000);
  }

  it('are there as this process shows them', async () => {
    const collection = new Collection();
    fill(collection);
    const active = collection.start(join(place.path, 'own'), { meterProvider: provider });
    await send();
    const found = await received('kaneda-otel/cantal', 'mood');
    expect(found['shop.orders']?.sum).to.deep.include({
      isMonotonic: true,
      aggregationTemporality: 2,
    });
    expect(found['shop.orders']?.sum?.dataPoints[0]?.attributes).to.deep.equal([
      { key: 'color', value: { stringValue: 'red' } },
    ]);
    expect(value(found['shop.orders'])).to.equal(2 ** 40);
    expect(found['shop.queue']?.sum?.isMonotonic ?? false).to.equal(false);
    expect([value(found['shop.queue']), value(found['shop.load'])]).to.deep.equal([-3, 0.25]);
    expect(found.mood?.unit).to.equal('ms');
    expect(value(found.mood)).to.be.at.least(5_000);
    active.close();
  });

  it('are there as another process shows them, read from its files', async () => {
    const collection = new Collection();
    fill(collection);
    const active = collection.start(join(place.path, 'other'));
    const observation = observeProcesses({ meterProvider: provider, directory: place.path });
    await send();
    const found = await received('kaneda-otel/processes', 'mood');
    expect(value(found['shop.orders'])).to.equal(2 ** 40);
    expect([value(found['shop.queue']), value(found['shop.load'])]).to.deep.equal([-3, 0.25]);
    expect(found.mood?.gauge?.dataPoints[0]?.attributes).to.deep.include({
      key: 'process.pid',
      value: { intValue: String(process.pid) },
    });
    observation.stop();
    active.close();
  });
});
