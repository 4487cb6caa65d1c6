import { context, createContextKey, diag } from '@opentelemetry/api';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { CellCollector } from '../../bridges/cell-collector.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { clearInterval, setInterval } from '../../exporters/timing/real-timers.js';
import type { Pace } from './pace.js';

/** The source of a collection's data, and the exporters that get them. */
export interface IntervalCollectionOptions {
  /** Each gets the same object, so that a report has one id everywhere. */
  readonly exporters: readonly ReportExporter[];
  readonly collector: CellCollector;
  readonly resource: ResourceMetrics['resource'];
  /** The speed at which the parts of a collection are handed over. */
  readonly pace: Pace;
  /** Milliseconds from one collection to the next. */
  readonly intervalMs: number;
}

/**
 * Data points that are handed over together: so few that their objects die young, which the garbage
 * collector likes best.
 */
const PART_POINTS = 2_000;
/** The SDK's key: what runs in such a context is not traced. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Collects cells in an interval of Node's own timers. A reader of the SDK takes the global ones:
 * under the fake timers of a test it would not collect, nor ever again once the real ones are back,
 * and a test that runs all fake timers would never end.
 */
export class IntervalCollection {
  readonly #options: IntervalCollectionOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;

  constructor(options: IntervalCollectionOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#run(), options.intervalMs).unref();
  }

  /** Collects again: a collection at work began too early to have everything in it. */
  async forceFlush(): Promise<void> {
    await this.#running;
    await this.#run();
  }

  /** Collects for the last time. */
  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.forceFlush();
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
    const { exporters, collector, pace, resource } = this.#options;
    const handover = new Handover(exporters, pace);
    pace.begin();
    for await (const { resourceMetrics, errors } of collector.collect(PART_POINTS)) {
      tell(errors);
      // What further parts would have has not left the cells.
      if (!(await handover.give({ ...resourceMetrics, resource }))) break;
      await pace.ease();
    }
    handover.end();
  }
}

function tell(errors: readonly unknown[]): void {
  for (const error of errors) diag.error('kaneda-otel: some numbers were not collected:', error);
}

/** Gives the parts of one collection to several exporters. */
class Handover {
  readonly #exporters: readonly ReportExporter[];
  readonly #pace: Pace;
  #fault: Error | undefined;
  /** An exporter did not take a part in time: it must not keep further ones from the others. */
  #isWaitedFor = true;

  constructor(exporters: readonly ReportExporter[], pace: Pace) {
    this.#exporters = exporters;
    this.#pace = pace;
  }

  /**
   * Waits until all have taken the part, as far as there is time. `false` where none has, and a
   * later collection can have the rest.
   */
  async give(data: ResourceMetrics): Promise<boolean> {
    if (data.scopeMetrics.length === 0) return true;
    const untraced = context.active().setValue(SUPPRESS_TRACING, true);
    let taken = 0;
    const given = context.with(untraced, () =>
      this.#exporters.map((exporter) => this.#giveTo(exporter, data, () => void taken++)),
    );
    // Most take it at the call.
    if (taken === given.length) return true;
    if (!this.#isWaitedFor || (await this.#pace.hasEnded(Promise.all(given)))) return true;
    this.#isWaitedFor = false;
    this.#fault ??= new Error('an exporter has not taken what was collected');
    return taken > 0 || this.#pace.isLate;
  }

  /** @throws the first fault there was. */
  end(): void {
    if (this.#fault !== undefined) throw this.#fault;
  }

  #giveTo(exporter: ReportExporter, data: ResourceMetrics, taken: () => void): Promise<void> {
    return new Promise((resolve) =>
      exporter.export(data, ({ code, error }) => {
        if (code !== 0) this.#fault ??= error ?? new Error('an exporter took no data');
        taken();
        resolve();
      }),
    );
  }
}
