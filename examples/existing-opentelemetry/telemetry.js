// The OpenTelemetry set-up of an application, loaded before it: node --import ./telemetry.js app.js
import { metrics } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';

// One object serves as a metric exporter and as a log exporter. Any other store takes its place.
const store = new LoggerExporter({ filename: 'metrics.log', appName: 'shop' });
const readers = [new PeriodicExportingMetricReader({ exporter: store })];
const processors = [new BatchLogRecordProcessor({ exporter: store })];

// What the application had before goes on beside it.
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) {
  readers.push(new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() }));
  processors.push(new BatchLogRecordProcessor({ exporter: new OTLPLogExporter() }));
}

const meterProvider = new MeterProvider({ readers });
const loggerProvider = new LoggerProvider({ processors });
metrics.setGlobalMeterProvider(meterProvider);
logs.setGlobalLoggerProvider(loggerProvider);

/** Exports what is left, and ends the exporters. */
export async function endTelemetry() {
  await meterProvider.shutdown();
  await loggerProvider.shutdown();
}
