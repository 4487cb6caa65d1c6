import type { MeterProvider } from '@opentelemetry/api';
import { metrics } from '@opentelemetry/api';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { type Outcome, type WriteContext, Writer } from './delivery/batch-writer.js';
import { Callers } from './delivery/callers.js';
import { Delivery } from './delivery/delivery-loop.js';
import { type Closing, drain, drainToTheLast } from './delivery/flush.js';
import { Health } from './delivery/health.js';
import { Intake } from './delivery/intake.js';
import { Counts, type Ledger, signalOf, withCuts } from './delivery/ledger.js';
import { isNoop, observeCounts } from './delivery/ledger-metrics.js';
import { fateOf, openOutbox } from './delivery/outbox/open-outbox.js';
import type { Outbox } from './delivery/outbox/outbox.js';
import { explain } from './diagnostics/explain.js';
import type { OnProblem } from './diagnostics/problem.js';
import { Problems } from './diagnostics/problems.js';
import { cleanError } from './diagnostics/secrets.js';
import { DeadlineError, ImproperlyConfiguredError } from './errors.js';
import type { ReadQuery } from './reading/query.js';
import { readStored } from './reading/read-stored.js';
import { Deltas } from './reports/cumulative-to-delta.js';
import { TEMPORALITY } from './reports/data-points.js';
import { type Conversion, type Report, type Steps, withoutDistribution } from './reports/report.js';
import { CUT_REMEDY, TextLimit } from './reports/text-limit.js';
import { type Exported, stepsOf } from './reports/to-reports.js';
import { type ExporterDefinition, type ExporterOptions, setUp } from './setup/definition.js';
import type { Examination } from './setup/examination.js';
import type { Clock } from './timing/clock.js';
import { keepProcessAliveFor } from './timing/keep-alive.js';
import { settledWithin } from './timing/with-timeout.js';

export type {
  ExporterDefaults,
  ExporterDefinition,
  ExporterOptions,
} from './setup/definition.js';

/** How a flush or close is limited. */
export interface Deadline {
  /** Milliseconds. */
  timeout?: number;
}

/** What {@link ReportExporter.deliver} is told, and tells. */
export interface DeliverContext extends WriteContext {
  /** A failure of these reports is known already, and not told again. */
  readonly isKnown?: boolean;
  /** Told of each report that fails alone, while others are stored or because it was the only one, with its error. */
  failedAlone?(position: number, error: Error): void;
}

const FLUSH_TIMEOUT = 30_000;
const CLOSE_TIMEOUT = 5_000;
/** `AggregationType.EXPONENTIAL_HISTOGRAM` and `DEFAULT`, `ExportResultCode`: numbers, because the enums would load the SDK. */
const AGGREGATION = { exponential: 5, default: 0 } as const;
const RESULT = { success: 0, failed: 1 } as const;

interface ExportResult {
  code: number;
  error?: Error;
}

const CLOSE_REMEDY =
  'Close last, with a longer timeout, or give the exporter an outbox with a directory';

/** Different reasons for refusals that are told; the ledger keeps more. */
const REFUSALS_TOLD = 10;
const REASON_LENGTH = 200;

let made = 0;

/**
 * The base of every store and queue, and of one's own: a subclass needs `write` alone.
 *
 * It is an OpenTelemetry exporter for metrics and for log records at once; one instance may serve any number of readers and
 * processors. What it is given becomes reports, which wait in an outbox until the store has acknowledged them.
 *
 * - `write` is called for one batch at a time, in the order things were recorded. A batch that failed comes again first, with
 *   the same ids; a store that knows an id already has nothing to do and answers `stored`.
 * - `write` answers with one {@link Outcome} for each report in its order, or with nothing: all are stored.
 * - An error from `write` means: again, after a growing, jittered pause. Four classes of error say more: `RejectedError` (the
 *   store refuses the batch for good: it is halved until the culprits stand alone, and those are rejected), `SplitError` (too
 *   large: halved), `ImproperlyConfiguredError` (somebody must mend something: said once, tried again slowly), and any error
 *   with `reconnect: true` (`connect` is called before the next write).
 * - The signal is aborted at the deadline. What a write answers after that is not looked at, and it may overlap with the next.
 */
export abstract class ReportExporter implements PushMetricExporter, LogRecordExporter {
  readonly #counts = new Counts((reason, report) => this.#tellRefused(reason, report));
  readonly #problems: Problems;
  readonly #health: Health;
  readonly #outbox: Outbox;
  readonly #writer: Writer;
  readonly #delivery: Delivery;
  readonly #intake: Intake;
  readonly #callers: Callers;
  readonly #clock: Clock;
  readonly #batchSize: number;
  readonly #texts: TextLimit;
  readonly #secrets: () => readonly string[];
  readonly #component: { type: string; name: string };
  #observed: { stop(): void } | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;
  #refusalsTold = 0;

  /**
   * @param options of the user; all faults are thrown in one {@link SettingsError}.
   * @param definition of the subclass: its name, its own options, its address.
   */
  constructor(options: ExporterOptions = {}, definition: ExporterDefinition = {}) {
    const setup = setUp(this.constructor.name, options, definition);
    const { name, secrets, clock, batchSize, batchBytes } = setup;
    this.#clock = clock;
    this.#callers = new Callers(clock);
    this.#batchSize = batchSize;
    this.#secrets = secrets;
    this.#component = { type: name, name: `${name}/${made++}` };
    this.#problems = new Problems({
      name,
      target: setup.target,
      secrets,
      onProblem: options.onProblem,
    });
    this.#texts = new TextLimit(options.textLimit, (message) =>
      this.#problems.tell('KANEDA_TEXT_CUT', message, { kind: 'cut', remedy: CUT_REMEDY }),
    );
    this.#health = new Health(this.#problems, 'reports are stored again');
    this.#outbox = openOutbox({ name, className: this.constructor.name }, options.outbox, {
      counts: this.#counts,
      problems: this.#problems,
      clock,
      wake: () => this.#delivery.wake(),
    });
    const store = {
      connect: (given: WriteContext) => this.connect(given),
      write: (reports: readonly Report[], given: WriteContext) =>
        this.write(
          options.distributions === false ? reports.map(withoutDistribution) : reports,
          given,
        ),
    };
    this.#writer = new Writer(
      store,
      {
        clock,
        problems: this.#problems,
        health: this.#health,
        secrets,
        ownClient: setup.ownClient,
      },
      { connect: setup.connectTimeout, write: setup.writeTimeout },
    );
    this.#delivery = new Delivery({
      outbox: this.#outbox,
      writer: this.#writer,
      counts: this.#counts,
      clock,
      health: this.#health,
      fate: fateOf(options.outbox),
      limits: { count: batchSize, bytes: batchBytes },
    });
    this.#intake = new Intake(
      {
        appName: options.appName,
        deltas: new Deltas(),
        texts: this.#texts,
        rejected: (reason, of) =>
          this.#counts.rejectUnmade(of === 'point' ? 'metric_data_point' : 'log', reason),
      },
      (data, conversion) => this.steps(data, conversion),
      (reports) => this.accept(reports),
    );
  }

  /** Before the first write, and again after {@link lost}: makes the connection, creates what the store needs. Has a deadline of its own. */
  protected async connect(_context: WriteContext): Promise<void> {}

  /** Stores a batch. See the class for what its answer and its errors mean. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a store that answers with nothing has an async method without a return
  protected abstract write(
    reports: readonly Report[],
    context: WriteContext,
  ): Promise<void | readonly Outcome[]>;

  /** Makes reports of OpenTelemetry's data, step by step. For a subclass whose reports carry more (`extra`) or are made otherwise. */
  protected steps(data: Exported, conversion: Conversion): Steps {
    return stepsOf(data, conversion);
  }

  /** At the end, once: lets go of what `connect` made. Not of a client that the user gave. */
  protected async disconnect(): Promise<void> {}

  /** For a subclass that notices that its connection is gone: `connect` is called before the next write. */
  protected lost(): void {
    this.#writer.lost();
  }

  /** For a subclass that has something to tell the operator: a problem `KANEDA_STORE`, once per kind, without secrets. */
  protected warn(kind: string, text: string): void {
    this.#problems.tell('KANEDA_STORE', text, { kind: `own ${kind}` });
  }

  /** Takes what OpenTelemetry hands over. `SUCCESS` once the outbox has it, `FAILED` only after shutdown. */
  export(
    data: ResourceMetrics | ReadableLogRecord[],
    resultCallback: (result: ExportResult) => void,
  ): void {
    this.#callers.exported(Array.isArray(data) ? 'logs' : 'metrics');
    if (this.#closed) {
      // Made into reports all the same, so that each is counted as dropped.
      const failed = {
        code: RESULT.failed,
        error: new Error(`${this.#component.type} is shut down`),
      };
      this.#intake.add(data, () => resultCallback(failed));
      return;
    }
    // A Metrics says itself when it ends; who else hands over metrics is a reader.
    if (this.#callers.attached === 0 && !Array.isArray(data)) this.#callers.reads();
    this.#observeGlobal();
    const done = (): void => resultCallback({ code: RESULT.success });
    // With a directory it has them once they are on disk, or cannot be.
    this.#intake.add(data, () => void (this.#outbox.spooled()?.then(done) ?? done()));
    // What an earlier process left is delivered even if there is nothing new.
    this.#delivery.wake();
  }

  /** Puts ready, valid reports into the outbox. Never throws and never waits; after shutdown they are counted as dropped. */
  accept(reports: readonly Report[]): void {
    for (const report of reports) this.#counts.accept(signalOf(report));
    if (this.#closed) {
      for (const report of reports) this.#counts.drop(signalOf(report), 'closed');
      this.#tellDropped('reports came after it was closed');
      return;
    }
    this.#outbox.add(reports);
    this.#delivery.wake();
  }

  /**
   * Writes reports at once, past the outbox: for a worker, whose queue keeps them until it knows. Connects when needed, holds
   * the write's deadline, narrows down what the store refuses. Never rejects: what could not be written is `retry`, and
   * {@link fault} says why. Counted in the ledger when stored or rejected.
   */
  async deliver(reports: readonly Report[], context?: DeliverContext): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    const fate = context?.isKnown === true ? undefined : 'The reports stay in the queue';
    while (outcomes.length < reports.length) {
      const from = outcomes.length;
      const part = reports
        .slice(from, from + Math.min(this.#batchSize, this.#writer.splitAt))
        .map((report) => this.#texts.fitReport(report));
      const written = await keepProcessAliveFor(this.#writer.write(part, fate, context?.signal));
      outcomes.push(...written.outcomes);
      for (const [place, error] of written.aside) context?.failedAlone?.(from + place, error);
      if (written.fault === undefined) continue;
      if (reports.length === 1) context?.failedAlone?.(0, written.fault);
      break;
    }
    while (outcomes.length < reports.length) outcomes.push('retry');
    outcomes.forEach((outcome, i) => {
      if (outcome === 'retry') return;
      const signal = signalOf(reports[i]!);
      this.#counts.accept(signal);
      if (outcome === 'stored') this.#counts.store(signal);
      else this.#counts.reject(signal, outcome.rejected, reports[i]!.name);
    });
    return outcomes;
  }

  /**
   * Connects and creates what the store needs, now instead of at the first write: for `kaneda check --setup`. A store that creates things
   * elsewhere than in `connect` overrides it.
   * @throws what stands in the way.
   */
  async setup(context: WriteContext): Promise<void> {
    await this.connect(context);
  }

  /**
   * Looks whether the store would take reports, as far as it tells without being written to: for `kaneda check --no-write`. Here it
   * connects; a store whose `connect` makes something, or that can tell more, overrides it.
   * @returns what an operator should know.
   * @throws what stands in the way.
   */
  protected async probe(context: WriteContext): Promise<readonly string[]> {
    await this.connect(context);
    return [];
  }

  /**
   * Asks the store, without writing anything, whether it would take reports.
   * @returns what an operator should know.
   * @throws what stands in the way, with its remedy and without secrets.
   */
  async look(context: WriteContext): Promise<readonly string[]> {
    try {
      return await keepProcessAliveFor(this.probe(context));
    } catch (error) {
      throw cleanError(explain(error), this.#secrets());
    }
  }

  /** What `kaneda check` asks about a report that was just delivered: whether it is there, and what an operator should know of the store. */
  async examine(_report: Report, _context: WriteContext): Promise<Examination> {
    return { remarks: [] };
  }

  /**
   * What was stored, oldest first, in pages: for `readReports`. Reading has a connection of its own and writes nothing.
   * @throws ImproperlyConfiguredError where the store cannot be read, a right is missing, or there is nothing by the name in the options.
   */
  readStored(query: ReadQuery): AsyncGenerator<readonly Report[], void> {
    const { enter } = this.#writer;
    return readStored(this.pages(query), query, { enter, secrets: this.#secrets() });
  }

  /** The pages of {@link readStored}. A store that can be read overrides it; it may give more than was asked for. */
  protected pages(_query: ReadQuery): AsyncIterable<readonly Report[]> {
    throw new ImproperlyConfiguredError(
      `${this.#component.type} has no reader: read the store with its own client, or override pages()`,
    );
  }

  /** The address that reports go to, without secrets; `undefined` for a store that does not name one. */
  get target(): string | undefined {
    return this.#problems.target;
  }

  /** Why the last write failed, without secrets; `undefined` while all is well. */
  get fault(): Error | undefined {
    return this.#health.fault ?? this.#delivery.asideFault;
  }

  /**
   * Resolves when everything recorded so far is stored, or, with a directory, safe on disk.
   * @param options.timeout milliseconds, default 30 000.
   * @throws DeadlineError when the time is over; what is not stored stays pending, its `cause` is what stands in the way.
   */
  async forceFlush({ timeout = FLUSH_TIMEOUT }: Deadline = {}): Promise<void> {
    // While it shuts down for one caller, another flushes what it hands over and shall go on as soon as that is stored.
    const drained = drain(this.#parts(), timeout);
    const done = await (this.#closing === undefined
      ? drained
      : Promise.race([drained, this.#closing.then(() => true)]));
    this.#callers.flushed();
    if (done) return;
    const { pending } = this.#counts.ledger();
    throw new DeadlineError(
      `${this.#problems.subject}: ${pending} reports are not stored after ${timeout} ms; they are kept and tried again`,
      this.fault === undefined ? undefined : { cause: this.fault },
    );
  }

  /**
   * Flushes, then lets go of the store. What is not stored when the time is over stays on disk or, without a directory, is
   * counted as dropped. Never rejects; a second call waits for the first.
   *
   * Readers and processors that share an exporter each shut it down when they end. What they hand over meanwhile is stored too: it
   * waits up to a second for the last collection of a reader that uses it, then 100 ms for others. What comes later is dropped.
   * @param options.timeout milliseconds, default 5 000.
   */
  shutdown({ timeout = CLOSE_TIMEOUT }: Deadline = {}): Promise<void> {
    this.#callers.ended();
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  /** One more uses this exporter. Its `onProblem` takes the problems of an exporter that was not given one itself. */
  attach({ onProblem }: { onProblem?: OnProblem | undefined } = {}): void {
    this.#callers.attach();
    this.#problems.onProblem = onProblem;
  }

  /** Takes this exporter's problems, if something was given that does. */
  get onProblem(): OnProblem | undefined {
    return this.#problems.onProblem;
  }

  /** One less uses this exporter: the last one's leaving shuts it down, the others' flushes. Never rejects. */
  async detach(deadline: Deadline = {}): Promise<void> {
    this.#callers.detach();
    if (this.#callers.attached === 0) return this.shutdown(deadline);
    await drain(this.#parts(), deadline.timeout ?? CLOSE_TIMEOUT);
  }

  /** Where everything is that was recorded. A copy. */
  ledger(): Ledger {
    return withCuts(this.#counts.ledger(), this.#texts.cuts);
  }

  /** Bytes of the longest text that is kept whole. */
  get textLimit(): number {
    return this.#texts.bytes;
  }

  /**
   * Shows the ledger as OpenTelemetry metrics (`otel.sdk.exporter.*`), on the given provider or the global one, until shutdown.
   * Without a call it appears on the global provider, if there is one. They are never reported into this package's own stores.
   */
  observeLedger(meterProvider: MeterProvider = metrics.getMeterProvider()): void {
    this.#observed?.stop();
    this.#observed = observeCounts(this.#counts, this.#component, meterProvider);
  }

  /** Delta for all, up-down counters too: reports add up. */
  selectAggregationTemporality(_type: InstrumentType): AggregationTemporality {
    this.#callers.reads();
    return TEMPORALITY.delta as AggregationTemporality;
  }

  /** Exponential histograms: percentiles within a few per cent without choosing buckets. */
  selectAggregation(type: InstrumentType): AggregationOption {
    this.#callers.reads();
    return {
      type:
        type === ('HISTOGRAM' as InstrumentType) ? AGGREGATION.exponential : AGGREGATION.default,
    } as AggregationOption;
  }

  /** Who was told of an outage knows what becomes of the reports. */
  #tellDropped(text: string): void {
    if (this.#health.isTold) return;
    this.#problems.tell(
      'KANEDA_DROPPED',
      `${text}: they are dropped, ledger().dropped counts them. ${CLOSE_REMEDY}`,
      { kind: 'closed', remedy: CLOSE_REMEDY },
    );
  }

  #tellRefused(reason: string, report: string | undefined): void {
    const subject =
      report === undefined ? 'data that cannot be stored' : `a report ${shown(report)}`;
    this.#problems.tell(
      'KANEDA_REJECTED',
      `${subject} was refused for good: ${shortened(reason)}. ledger().rejected counts each, others are not held up; told once for this reason`,
      { kind: `rejected ${reason}` },
    );
  }

  #observeGlobal(): void {
    if (this.#observed !== undefined) return;
    const provider = metrics.getMeterProvider();
    if (!isNoop(provider)) this.observeLedger(provider);
  }

  #parts(): Closing {
    return {
      intake: this.#intake,
      outbox: this.#outbox,
      delivery: this.#delivery,
      clock: this.#clock,
    };
  }

  /** First everything gets its chance; then, within the rest of the time, whatever still hangs is cut off. */
  async #close(timeout: number): Promise<void> {
    const reserve = Math.min(500, timeout / 5);
    await drainToTheLast(this.#parts(), this.#callers, timeout - reserve);
    this.#closed = true;
    this.#delivery.stop();
    this.#writer.stop();
    await settledWithin(reserve, this.#release(), this.#clock);
    this.#observed?.stop();
  }

  async #release(): Promise<void> {
    try {
      let dropped = 0;
      await this.#outbox.close((signal) => {
        dropped += 1;
        this.#counts.drop(signal, 'deadline at close');
      });
      if (dropped > 0) this.#tellDropped(`${dropped} reports were not stored when it closed`);
      await this.#writer.enter(() => this.disconnect());
    } catch (error) {
      this.#problems.tell(
        'KANEDA_STORE',
        `closing failed: ${cleanError(error, this.#secrets()).message}`,
        { kind: 'disconnect' },
      );
    }
  }
}

/** A name for a message. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 80));

const shortened = (reason: string): string =>
  reason.length > REASON_LENGTH ? `${reason.slice(0, REASON_LENGTH)}…` : reason;
