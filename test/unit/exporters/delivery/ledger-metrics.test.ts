import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { INTERNALS } from '../../../../exporters/delivery/internals.js';
import { Metrics } from '../../../../src/metrics/metrics.js';
import { metricsAndLogs } from '../../../../src/testing/suites/metrics-and-logs.js';
import { plainReports } from '../../../conformance/suites/exporter.js';
import { ScriptedExporter } from '../../../support/scripted-exporter.js';

interface Seen {
  readonly [metric: string]: { value: unknown; attributes: Record<string, unknown> }[];
}

function observer(): { provider: MeterProvider; seen(): Promise<Seen> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  return {
    provider,
    async seen() {
      exporter.reset();
      await provider.forceFlush();
      const all = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      return Object.fromEntries(
        all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints as never]),
      );
    },
  };
}

describe('a ledger as OpenTelemetry metrics', () => {
  it('counts a custom report as a log record, whatever id the application gave it', async () => {
    const { provider, seen } = observer();
    const exporter = new ScriptedExporter();
    exporter.observeLedger(provider);
    const metrics = new Metrics({ backend: exporter });
    metrics.custom('import', {
      metric: 'job',
      value: { rows: 3 },
      id: '00000000-0000-8000-8000-000000000000',
    });
    await metrics.flush();
    const found = await seen();
    expect(found['otel.sdk.exporter.log.exported']![0]).to.deep.include({ value: 1 });
    expect(found['otel.sdk.exporter.metric_data_point.exported']![0]).to.deep.include({ value: 0 });
    await metrics.close();
  });

  it('are shown on a MeterProvider, and nothing else', () => {
    const exporter = new ScriptedExporter();
    for (const provider of [null, 5, {}, observer])
      expect(() => exporter.observeLedger(provider as never)).to.throw(
        TypeError,
        'observeLedger() takes a MeterProvider of OpenTelemetry',
      );
  });

  it('has the names of the semantic conventions', async () => {
    const { provider, seen } = observer();
    const exporter = new ScriptedExporter();
    exporter.observeLedger(provider);
    exporter[INTERNALS].accept([...plainReports(3), { ...plainReports(1)[0]!, value: 'bad' }]);
    await metricsAndLogs(exporter);
    exporter.store.state = 'down';
    exporter[INTERNALS].accept(plainReports(2));
    const found = await seen();
    expect(Object.keys(found).sort()).to.deep.equal([
      'otel.sdk.exporter.log.exported',
      'otel.sdk.exporter.log.inflight',
      'otel.sdk.exporter.metric_data_point.exported',
      'otel.sdk.exporter.metric_data_point.inflight',
    ]);
    const [stored, failed] = found['otel.sdk.exporter.log.exported']!;
    expect(stored).to.deep.include({ value: 5 });
    expect(stored!.attributes).to.include({ 'otel.component.type': 'ScriptedExporter' });
    expect(failed).to.deep.include({ value: 1 });
    expect(failed!.attributes).to.include({ 'error.type': 'bad value' });
    expect(found['otel.sdk.exporter.metric_data_point.exported']![0]).to.deep.include({ value: 4 });
    expect(found['otel.sdk.exporter.log.inflight']![0]).to.deep.include({ value: 2 });
    exporter.store.state = 'up';
    await exporter.shutdown();
    await provider.shutdown();
  });

  it('appears on the global provider by itself, and never in a store of ours', async () => {
    const exporter = new ScriptedExporter();
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const { provider, seen } = observer();
    const both = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider(provider);
    try {
      exporter.observeLedger(both);
      both.getMeter('app').createCounter('hits').add(1);
      await both.forceFlush();
      await both.forceFlush();
      await exporter.forceFlush();
      expect([...exporter.store.reports.values()].map(({ name }) => name)).to.deep.equal(['hits']);
      const other = new ScriptedExporter();
      other.export([], () => {});
      expect(Object.keys(await seen())).to.have.lengthOf(4);
      await other.shutdown();
    } finally {
      metrics.disable();
      await both.shutdown();
      await provider.shutdown();
    }
  });
});
