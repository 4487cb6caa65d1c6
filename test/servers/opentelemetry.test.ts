import { setTimeout as sleep } from 'node:timers/promises';
import { metrics as api } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { CellProducer, HeapCells } from '../../bridges/index.js';
import { Metrics } from '../../src/index.js';
import { type Collector, type OtlpMetric, startCollector } from '../support/servers/collector.js';
import { requireServer, type Server, type ServerOptions } from '../support/servers/server.js';

describe("Metrics in an application's own OpenTelemetry set-up, with OpenTelemetry's own OTLP exporter", () => {
  let collector: Collector;
  before(async function () {
    collector = (await requireServer<ServerOptions, Server>(this, startCollector)) as Collector;
  });
  after(() => collector?.stop());

  const arrived = async (name: string): Promise<OtlpMetric> => {
    for (let attempt = 0; attempt < 500; attempt++) {
      const found = (await collector.readMetrics()).find(({ metric }) => metric.name === name);
      if (found !== undefined) return found.metric;
      await sleep(100);
    }
    throw new Error(`${name} did not arrive`);
  };
  const reader = (
    more: Partial<ConstructorParameters<typeof PeriodicExportingMetricReader>[0]> = {},
  ) =>
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` }),
      exportIntervalMillis: 60_000,
      ...more,
    });

  it('appear on a provider that is registered globally after the first call', async () => {
    const metrics = new Metrics();
    metrics.increment('late.signup', { plan: 'free' });
    metrics.timing('late.request', 4);
    const provider = new MeterProvider({ readers: [reader()] });
    api.setGlobalMeterProvider(provider);
    try {
      metrics.increment('late.signup', { plan: 'free' }, 2);
      await metrics.close();
      const sum = (await arrived('late.signup')).sum;
      expect(sum?.dataPoints?.[0]).to.include({ asDouble: 3 });
      expect((await arrived('late.request')).histogram?.dataPoints?.[0]).to.include({
        count: '1',
        sum: 4,
      });
    } finally {
      api.disable();
      await provider.shutdown();
    }
  });

  it('go past the limit on series when their cells are the producer of a reader', async () => {
    const cells = new HeapCells();
    const provider = new MeterProvider({
      readers: [reader({ metricProducers: [new CellProducer(cells)] })],
    });
    const metrics = new Metrics({ cells, tagLimit: 5_000 });
    for (let user = 0; user < 3_000; user++) metrics.increment('many.signup', { user });
    await provider.forceFlush();
    const { sum } = await arrived('many.signup');
    expect(sum?.dataPoints).to.have.length(3_000);
    await provider.shutdown();
    await metrics.close();
  });
});
