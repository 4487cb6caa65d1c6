import type { MetricReader } from '@opentelemetry/sdk-metrics';
import type { IntervalCollection } from './interval-collection.js';

type Sdk = typeof import('@opentelemetry/sdk-metrics');

/** Makes a collection the reader of a MeterProvider, which flushes and ends it. */
export function intervalReader(sdk: Sdk, collection: IntervalCollection): MetricReader {
  class IntervalReader extends sdk.MetricReader {
    protected override onForceFlush(): Promise<void> {
      return collection.forceFlush();
    }

    protected override onShutdown(): Promise<void> {
      return collection.shutdown();
    }
  }
  return new IntervalReader();
}
