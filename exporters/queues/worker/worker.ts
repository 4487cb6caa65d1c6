import { Health } from '../../delivery/health.js';
import { INTERNALS, isExporter } from '../../delivery/internals.js';
import { Counts, type Ledger, Reasons, withCuts } from '../../delivery/ledger.js';
import { SetAside } from '../../delivery/set-aside.js';
import { explain } from '../../diagnostics/explain.js';
import { INSPECT, type Inspect, inspectAs } from '../../diagnostics/inspect-as.js';
import { Problems } from '../../diagnostics/problems.js';
import { cleanError } from '../../diagnostics/secrets.js';
import { SettingsError } from '../../errors.js';
import type { OnProblem } from '../../problems/problem.js';
import type { ReportExporter } from '../../report-exporter.js';
import { assertOptions, checkOptions, type OptionRules, rules } from '../../setup/option-rules.js';
import { type Clock, systemClock } from '../../timing/clock.js';
import { keepProcessAliveFor } from '../../timing/keep-alive.js';
import { timeoutOf } from '../../timing/timeout-of.js';
import { settlesWithin } from '../../timing/with-timeout.js';
import type { Delivery, ReportQueue } from '../report-queue.js';
import { Lane } from './lane.js';

/** Options of {@link Worker}. */
export interface WorkerOptions {
  /** The queue from which reports are taken. */
  queue: ReportQueue;
  /** The store they go to. */
  backend: ReportExporter;
  /**
   * Batches in hand at a time, default 4: while one is stored the next is fetched and the last
   * acknowledged.
   */
  concurrency?: number;
  /** Reports a batch, default 1,000. */
  batchSize?: number;
  /**
   * Takes the problems of the worker, and of a queue and a store that have no `onProblem`
   * themselves. Default the queue's.
   */
  onProblem?: OnProblem;
}

const RULES: OptionRules = {
  queue: (value) =>
    isExporter(value)
      ? rules.having('take')(value)
      : 'must be a queue of this package or a ReportQueue of your own',
  backend: (value) =>
    isExporter(value)
      ? undefined
      : 'must be an exporter of this package or a ReportExporter of your own',
  concurrency: rules.count,
  batchSize: rules.count,
  onProblem: rules.function,
};
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Takes reports from a queue and writes them into a store, each acknowledged after the store has
 * it. What the store does not take is tried again, with growing pauses, and meanwhile kept from
 * others; a job that it keeps failing while it stores others is put aside, and after about an hour
 * refused; what it rejects goes to the queue's dead letters. Several workers may share a queue. A
 * worker that dies loses nothing: the queue gives its reports to another one.
 */
export class Worker {
  readonly #options: Required<Omit<WorkerOptions, 'onProblem'>>;
  readonly #counts = new Counts();
  readonly #refused = new Reasons();
  readonly #aside: SetAside<Delivery>;
  readonly #problems: Problems;
  readonly #health: Health;
  readonly #clock: Clock;
  /** Aborted first: no more is taken. */
  readonly #ending = new AbortController();
  /** Aborted last: what is not stored is given back. */
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #release: () => void = () => {};
  /** Resolves with {@link close}, whatever hangs. */
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });

  /** @throws SettingsError for faulty options. */
  constructor(options: WorkerOptions, clock: Clock = systemClock) {
    const faults = checkOptions(options, RULES);
    for (const path of ['queue', 'backend'] as const) {
      if (options?.[path] === undefined)
        faults.push({ kind: 'missing', path, options: [path], need: 'one' });
    }
    if (faults.length > 0) throw new SettingsError('Worker', faults);
    this.#options = {
      ...options,
      concurrency: options.concurrency ?? 4,
      batchSize: options.batchSize ?? 1_000,
    };
    this.#clock = clock;
    // At least one job that nothing is wrong with must have room beside them.
    const hold = this.#options.concurrency * this.#options.batchSize;
    this.#aside = new SetAside(clock, Math.min(1_000, hold >> 1));
    const { queue, onProblem = queue[INTERNALS].onProblem } = options;
    this.#problems = new Problems({ name: 'Worker', target: queue.target, onProblem });
    this.#health = new Health(this.#problems, 'the queue delivers reports again');
  }

  /**
   * Works until {@link close}, and then resolves. Keeps the program running.
   * @param options `once`: ends when the queue is drained and everything taken is stored or
   * refused; what the store keeps failing while it stores others goes back to the queue.
   * @throws SettingsError for faulty options.
   */
  async run(options: { once?: boolean } = {}): Promise<void> {
    assertOptions('Worker.run', options, { once: rules.boolean });
    this.#running ??= this.#run(options.once ?? false);
    await this.#running;
  }

  /**
   * Takes no more, gives what is in hand the time to be stored, gives the rest back to the queue,
   * and lets go of queue and store. Never rejects; a second call waits for the first.
   * @param options `timeout`: milliseconds, default 5,000.
   */
  close(options?: { timeout?: number }): Promise<void> {
    this.#closing ??= this.#close(timeoutOf(options, CLOSE_TIMEOUT_MS));
    return this.#closing;
  }

  /**
   * Returns the counts of what was taken: `pending` is in hand or was given back, `refused` were
   * jobs that are not reports; `cut` are the texts that the store cut.
   */
  ledger(): Ledger {
    const ledger = { ...this.#counts.ledger(), refused: this.#refused.toObject() };
    // A backend of another version, or not of ours, may count none.
    return withCuts(ledger, this.#options.backend.ledger().cut);
  }

  /**
   * The error that keeps the queue or the store from working, without secrets; `undefined` while
   * all is well.
   */
  get fault(): Error | undefined {
    return this.#health.fault ?? this.#options.backend.fault;
  }

  /** @internal Shows the queue, the store, the ledger and the fault. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { queue, backend } = this.#options;
    const seen = { queue, backend, ledger: this.ledger(), fault: this.fault?.message };
    return inspectAs('Worker', seen, options, inspect);
  }

  async #run(once: boolean): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const { queue, backend, concurrency, batchSize } = this.#options;
    const { onProblem } = this.#problems;
    queue[INTERNALS].attach({ onProblem });
    backend[INTERNALS].attach({ onProblem });
    const parts = {
      queue,
      backend,
      clock: this.#clock,
      counts: this.#counts,
      batchSize,
      hold: concurrency * batchSize,
      once,
      aside: this.#aside,
      ending: this.#ending.signal,
      ended: this.#ended.signal,
      refused: (reason: string) => this.#refused.add(reason),
      queueFault: (error: unknown) => this.#queueFault(error),
      notAcknowledged: (error: unknown) => this.#notAcknowledged(error),
    };
    const lanes = Promise.all(
      Array.from({ length: concurrency }, () => new Lane(parts).run()),
    ).then(() => this.#giveBackAside());
    // Timers and idle connections do not keep a program running, a worker does.
    await keepProcessAliveFor(Promise.race([lanes, this.#released]));
  }

  async #giveBackAside(): Promise<void> {
    const deliveries = this.#aside.items();
    await Promise.allSettled(
      deliveries.map((delivery) => delivery.retry('the store failed to take it several times')),
    );
  }

  #queueFault(error: unknown): void {
    if (error === undefined) this.#health.worked(true);
    else
      this.#health.failed(
        cleanError(explain(error)),
        'Reports stay in the queue, and the worker tries again',
      );
  }

  #notAcknowledged(error: unknown): void {
    const message = cleanError(error).message.replace(/\.$/, '');
    this.#problems.tell(
      'KANEDA_NOT_ACKNOWLEDGED',
      `stored reports could not be acknowledged: ${message}. The queue delivers them again; they are stored once`,
    );
  }

  async #close(timeout: number): Promise<void> {
    const until = this.#clock.monotonic() + timeout;
    this.#ending.abort();
    if (this.#running === undefined) return;
    // The last fifth is for giving back what could not be stored by then.
    await settlesWithin(timeout * 0.7, this.#running, this.#clock);
    this.#ended.abort();
    await settlesWithin(timeout * 0.15, this.#running, this.#clock);
    const left = Math.max(0, until - this.#clock.monotonic());
    const { queue, backend } = this.#options;
    await settlesWithin(
      left,
      Promise.all([
        queue[INTERNALS].detach({ timeout: left }),
        backend[INTERNALS].detach({ timeout: left }),
      ]),
      this.#clock,
    );
    this.#release();
  }
}
