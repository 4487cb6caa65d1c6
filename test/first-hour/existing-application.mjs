// An application as it was before it knew of this package: it counts its visits, for a collector.
import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
const provider = new MeterProvider({ readers: [reader] });
metrics.setGlobalMeterProvider(provider);
metrics.getMeter('shop').createCounter('visits').add(1);

await import('./new.mjs');
await provider.shutdown();
