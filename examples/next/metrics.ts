import { Metrics } from 'kaneda-otel';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';

const kept = globalThis as { shopMetrics?: Metrics };

// Next.js loads a module once in each of its bundles, and again when it is edited; there is one Metrics in the process.
kept.shopMetrics ??= new Metrics({
  backend: new LoggerExporter({ filename: 'metrics.log', appName: 'shop' }),
});

export const metrics: Metrics = kept.shopMetrics;
