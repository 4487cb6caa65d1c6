import { context, createContextKey, diag } from '@opentelemetry/api';
import type {
  MetricProducer,
  MetricReader,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { clearInterval, setInterval } from '../../exporters/timing/real-timers.js';
import { Deadline } from './deadline.js';

type Sdk = typeof import('@opentelemetry/sdk-metrics');
type ExportResult = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

/** The source of a reader's data, and the exporters that get them. */
export interface IntervalReaderOptions {
  /** Each gets the same object, so that a report has one id everywhere. */
  readonly exporters: readonly ReportExporter[];
  readonly producer: MetricProducer;
  /** Milliseconds from one collection to the next. */
  readonly intervalMs: number;
}

/** An exporter that has not taken a collection by then is no longer waited for. */
const EXPORT_TIMEOUT_MS = 30_000;
/** The SDK's key: what runs in such a context is not traced. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * A reader that collects in an interval of Node's own timers. That of the SDK takes the global
 * ones: under the fake timers of a test it would not collect, nor ever again once the real ones are
 * back, and who runs all fake timers would never get to an end.
 */
export function intervalReader(sdk: Sdk, options: IntervalReaderOptions): MetricReader {
  const { exporters, producer, intervalMs } = options;
  class IntervalReader extends sdk.MetricReader {
    #timer: NodeJS.Timeout | undefined;
    #running: Promise<void> | undefined;

    protected override onInitialized(): void {
      this.#timer = setInterval(() => void this.#run(), intervalMs).unref();
    }

    /** Collects again: a collection at work began too early to have everything in it. */
    protected override async onForceFlush(): Promise<void> {
      await this.#running;
      await this.#run();
    }

    protected override async onShutdown(): Promise<void> {
      clearInterval(this.#timer);
      await this.onForceFlush();
    }

    /** One at a time; never rejects. */
    #run(): Promise<void> {
      this.#running ??= this.#collectAndExport()
        .catch((error: unknown) => diag.error('kaneda-otel: numbers were not collected:', error))
        .finally(() => {
          this.#running = undefined;
        });
      return this.#running;
    }

    async #collectAndExport(): Promise<void> {
      const { resourceMetrics, errors } = await this.collect();
      for (const error of errors)
        diag.error('kaneda-otel: some numbers were not collected:', error);
      if (resourceMetrics.scopeMetrics.length === 0) return;
      const untraced = context.active().setValue(SUPPRESS_TRACING, true);
      const exported = context.with(untraced, () => exportToAll(exporters, resourceMetrics));
      await new Deadline(EXPORT_TIMEOUT_MS).of(exported, 'an exporter');
    }
  }
  return new IntervalReader({ metricProducers: [producer] });
}

/** Rejects with the fault of one that does not take the data, once all have answered. */
async function exportToAll(
  exporters: readonly ReportExporter[],
  data: ResourceMetrics,
): Promise<void> {
  const results = await Promise.all(
    exporters.map(
      (exporter) => new Promise<ExportResult>((resolve) => exporter.export(data, resolve)),
    ),
  );
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) throw failed.error ?? new Error('an exporter took no data');
}
