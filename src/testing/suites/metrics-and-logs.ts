import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { notLoaded } from '../../../exporters/setup/assert-installed.js';
import { exportsOf } from '../../../exporters/setup/package-loading.js';

const NEEDED_BY = 'The suite of exporters';
const SDK_METRICS = '@opentelemetry/sdk-metrics';
const SDK_LOGS = '@opentelemetry/sdk-logs';

/**
 * Exports one of each kind of metric and two log records, through OpenTelemetry's own readers and
 * processors, and flushes.
 */
export async function metricsAndLogs(exporter: ReportExporter): Promise<void> {
  const { MeterProvider, PeriodicExportingMetricReader } = await import(
    '@opentelemetry/sdk-metrics'
  )
    .catch(notLoaded(NEEDED_BY, SDK_METRICS, '2'))
    .then(exportsOf);
  const { LoggerProvider, SimpleLogRecordProcessor } = await import('@opentelemetry/sdk-logs')
    .catch(notLoaded(NEEDED_BY, SDK_LOGS, '>=0.200'))
    .then(exportsOf);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const loggerProvider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  const meter = meterProvider.getMeter('conformance.scope');
  meter.createCounter('conformance.requests').add(3, { route: '/' });
  meter.createUpDownCounter('conformance.users').add(-2);
  meter.createGauge('conformance.heat', { unit: 'Cel' }).record(21.5);
  const duration = meter.createHistogram('conformance.duration', { unit: 's' });
  for (const seconds of [0.1, 0.2, 0.4]) duration.record(seconds);
  const logger = loggerProvider.getLogger('conformance.scope');
  logger.emit({
    eventName: 'conformance.deployed',
    body: 'version 1',
    attributes: { stage: 'test' },
  });
  logger.emit({ body: 'plain text' });
  await Promise.all([meterProvider.forceFlush(), loggerProvider.forceFlush()]);
  await exporter.forceFlush();
}
