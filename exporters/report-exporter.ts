import { type MeterProvider, metrics } from '@opentelemetry/api';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { type Assembly, assemble } from './delivery/assemble.js';
import { type Deadline, Ending } from './delivery/ending.js';
import { type ExporterInternals, INTERNALS, internalsOf } from './delivery/internals.js';
import { type Ledger, withCuts } from './delivery/ledger.js';
import type { ExportResult } from './delivery/receiver.js';
import type { Outcome, WriteContext } from './delivery/store.js';
import { INSPECT, type Inspect, inspectAs } from './diagnostics/inspect-as.js';
import type { ReadQuery } from './reading/query.js';
import { TEMPORALITY } from './reports/point-kinds.js';
import type { Conversion, Report, Steps } from './reports/report.js';
import { type Exported, stepsOf } from './reports/to-reports.js';
import { type ExporterDefinition, type ExporterOptions, setUp } from './setup/definition.js';
import type { Examination } from './setup/examination.js';
import { rules } from './setup/option-rules.js';

export type { Deadline } from './delivery/ending.js';
export type { ExportResult } from './delivery/receiver.js';
export type {
  ExporterDefaults,
  ExporterDefinition,
  ExporterOptions,
} from './setup/definition.js';

/**
 * `AggregationType.EXPONENTIAL_HISTOGRAM` and `DEFAULT`: numbers, because the enum would load the
 * SDK.
 */
const AGGREGATION = { exponential: 5, default: 0 } as const;

const noOne = (): void => {};

/**
 * The base of every store and queue, also of your own: a subclass needs only `write`.
 *
 * It is an OpenTelemetry exporter for metrics and for log records at once; one instance may serve
 * any number of readers and processors. What it is given becomes reports, which wait in an outbox
 * until the store has acknowledged them.
 *
 * - `write` is called for one batch at a time, in the order things were recorded. A failed batch is
 *   written again before others, with the same ids; a store that knows an id already does nothing
 *   and answers `stored`.
 * - `write` resolves with one {@link Outcome} for each report in order, or with nothing if all
 *   reports are stored.
 * - After an error from `write` the batch is written again, after a growing, jittered pause. Some
 *   errors mean more: `RejectedError` (the store will always refuse the batch: it is halved until
 *   the faulty reports are alone, and those are rejected), `SplitError` (too large: halved),
 *   `ImproperlyConfiguredError` (an operator must fix something: logged once, tried again slowly),
 *   and any error with `reconnect: true` (`connect` is called before the next write).
 * - The signal is aborted at the deadline. A later answer is ignored, and the write may overlap
 *   with the next one.
 */
export abstract class ReportExporter implements PushMetricExporter, LogRecordExporter {
  readonly #parts: Assembly;
  readonly #ending: Ending;
  readonly #internals: ExporterInternals;

  /**
   * @param options of the user; all faults are thrown in one {@link SettingsError}.
   * @param definition of the subclass: its name, its own options, its address.
   */
  constructor(options: ExporterOptions = {}, definition: ExporterDefinition = {}) {
    const { name } = this.constructor;
    const setup = setUp(name, options, definition);
    const parts = assemble(name, setup, options, {
      connect: (context) => this.connect(context),
      write: (reports, context) => this.write(reports, context),
      steps: (data, conversion) => this.steps(data, conversion),
    });
    const ending = new Ending(parts, () => this.disconnect());
    this.#parts = parts;
    this.#ending = ending;
    this.#internals = internalsOf(parts, ending, setup.batchSize, {
      setup: (context) => this.setup(context),
      examine: (report, context) => this.examine(report, context),
      probe: (context) => this.probe(context),
      pages: (query) => this.pages?.(query),
    });
  }

  /**
   * Before the first write, and again after {@link lost}: makes the connection, creates what the
   * store needs. Has a deadline of its own.
   */
  protected async connect(_context: WriteContext): Promise<void> {}

  /** Stores a batch. See the class for what its answer and its errors mean. */
  protected abstract write(
    reports: readonly Report[],
    context: WriteContext,
    // biome-ignore lint/suspicious/noConfusingVoidType: a subclass may return nothing
  ): Promise<void | readonly Outcome[]>;

  /**
   * Makes reports of OpenTelemetry's data, step by step. For a subclass whose reports carry more
   * (`extra`) or are made otherwise.
   */
  protected steps(data: Exported, conversion: Conversion): Steps {
    return stepsOf(data, conversion);
  }

  /** At the end, once: lets go of what `connect` made. Not of a client that the user gave. */
  protected async disconnect(): Promise<void> {}

  /**
   * For `kaneda check --setup`: creates what the store needs. A store that creates things elsewhere
   * than in `connect` overrides it.
   */
  protected async setup(context: WriteContext): Promise<void> {
    await this.connect(context);
  }

  /**
   * For `kaneda check --no-write`: returns what an operator should know. A store whose `connect`
   * makes something overrides it.
   */
  protected async probe(context: WriteContext): Promise<readonly string[]> {
    await this.connect(context);
    return [];
  }

  /**
   * For `kaneda check`: tells if a report that was just delivered is there, and what an operator
   * should know of the store.
   */
  protected async examine(_report: Report, _context: WriteContext): Promise<Examination> {
    return { remarks: [] };
  }

  /**
   * For `readReports`: reads what was stored, oldest first, by a connection of its own. It may give
   * more than was asked for.
   * @throws ImproperlyConfiguredError where the store cannot be read.
   */
  protected pages?(query: ReadQuery): AsyncIterable<readonly Report[]>;

  /**
   * For a subclass that notices that its connection is gone: `connect` is called before the next
   * write.
   */
  protected lost(): void {
    this.#parts.writer.lost();
  }

  /**
   * For a subclass that has something to tell the operator: a problem `KANEDA_STORE`, once per
   * kind, without secrets.
   */
  protected warn(kind: string, text: string): void {
    this.#parts.problems.tell('KANEDA_STORE', text, { kind: `own ${kind}` });
  }

  /**
   * Takes what OpenTelemetry hands over. Never throws.
   * @param resultCallback called with `SUCCESS` once the outbox has it, with `FAILED` only after
   * shutdown.
   */
  export(
    data: ResourceMetrics | ReadableLogRecord[],
    resultCallback: (result: ExportResult) => void,
  ): void {
    this.#parts.observer.observeGlobal();
    this.#parts.receiver.receive(
      data,
      typeof resultCallback === 'function' ? resultCallback : noOne,
    );
  }

  /** @internal The methods for `Metrics`, `Worker` and `kaneda check`. */
  get [INTERNALS](): ExporterInternals {
    return this.#internals;
  }

  /** @internal Shows the address, the ledger and the fault, never options or secrets. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { target, fault } = this;
    const seen = { target, ledger: this.ledger(), fault: fault?.message };
    return inspectAs(this.#parts.name, seen, options, inspect);
  }

  /**
   * The address that reports go to, without secrets; `undefined` for a store that does not name
   * one.
   */
  get target(): string | undefined {
    return this.#parts.problems.target;
  }

  /** The error of the last write, without secrets; `undefined` while all is well. */
  get fault(): Error | undefined {
    return this.#parts.loop.fault;
  }

  /**
   * Resolves when everything recorded so far is stored, or, with a directory, safe on disk.
   * @param deadline its `timeout` in milliseconds, default 30,000.
   * @throws DeadlineError when the time is over; what is not stored stays pending, its `cause` is
   * what stands in the way.
   */
  forceFlush(deadline: Deadline = {}): Promise<void> {
    return this.#ending.flush(deadline);
  }

  /**
   * Flushes, then lets go of the store. What is not stored when the time is over stays on disk or,
   * without a directory, is counted as dropped. Never rejects; a second call waits for the first.
   *
   * Readers and processors that share an exporter each shut it down when they end. What they hand
   * over meanwhile is stored too: it waits up to a second for the last collection of a reader that
   * uses it, then 100 ms for others. If one is known that has not come by then, because it is shut
   * down after this call, the exporter ends with that one, or a second later. What comes after the
   * end is dropped.
   * @param deadline its `timeout` in milliseconds, default 5,000.
   */
  shutdown(deadline: Deadline = {}): Promise<void> {
    return this.#ending.shutdown(deadline);
  }

  /** Returns a copy of the ledger: the whereabouts of everything that was recorded. */
  ledger(): Ledger {
    return withCuts(this.#parts.counts.ledger(), this.#parts.texts.cuts);
  }

  /**
   * Shows the ledger as OpenTelemetry metrics (`otel.sdk.exporter.*`), on the given provider or the
   * global one, until shutdown. Without a call it appears on the global provider, if there is one.
   * They are never reported into this package's own stores.
   * @throws TypeError for something other than a MeterProvider.
   */
  observeLedger(meterProvider: MeterProvider = metrics.getMeterProvider()): void {
    if (rules.having('getMeter')(meterProvider) !== undefined)
      throw new TypeError('observeLedger() takes a MeterProvider of OpenTelemetry; pass that.');
    this.#parts.observer.observe(meterProvider);
  }

  /** Delta for all, up-down counters too: reports add up. */
  selectAggregationTemporality(_type: InstrumentType): AggregationTemporality {
    this.#parts.callers.asked();
    return TEMPORALITY.delta as AggregationTemporality;
  }

  /** Exponential histograms: percentiles within a few per cent without choosing buckets. */
  selectAggregation(type: InstrumentType): AggregationOption {
    this.#parts.callers.asked();
    const isHistogram = type === ('HISTOGRAM' as InstrumentType);
    return {
      type: isHistogram ? AGGREGATION.exponential : AGGREGATION.default,
    } as AggregationOption;
  }
}
