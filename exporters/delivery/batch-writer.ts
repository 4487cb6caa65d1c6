import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { explain } from '../diagnostics/explain.js';
import type { Problems } from '../diagnostics/problems.js';
import { cleanError } from '../diagnostics/secrets.js';
import { DeadlineError } from '../errors.js';
import type { Report } from '../reports/report.js';
import type { Clock } from '../timing/clock.js';
import { inBackground } from '../timing/keep-alive.js';
import { untilAborted } from '../timing/until-aborted.js';
import { withTimeout } from '../timing/with-timeout.js';
import { BatchSize } from './batch-size.js';
import { Bisection } from './bisection.js';
import type { Health } from './health.js';
import { FailingBatches, kindOf } from './repeated-failures.js';
import type { Outcome, Store, WriteContext } from './store.js';

/** The outcomes of a batch, and the error that prevented the rest where some are `retry`. */
export interface Written {
  readonly outcomes: readonly Outcome[];
  /**
   * The errors of reports that fail alone while others are stored, by position; each one's outcome
   * is `retry`.
   */
  readonly aside: ReadonlyMap<number, Error>;
  readonly fault: Error | undefined;
}

/** Client libraries that are traced themselves must not make spans of what an exporter sends. */
const UNTRACED = ROOT_CONTEXT.setValue(
  createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'),
  true,
);

/**
 * Writes batches into a store: connects first, holds the deadlines, narrows down what a store
 * refuses. One write at a time, in turn.
 */
export class Writer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #problems: Problems;
  readonly #health: Health;
  readonly #secrets: () => readonly string[];
  readonly #timeouts: { readonly connect: number; readonly write: number };
  /**
   * Runs one of the store's methods; {@link inBackground} where the connections are the store's
   * own.
   */
  readonly callStore: <T>(run: () => T) => T;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #failures = new FailingBatches();
  readonly #size = new BatchSize();
  #connected = false;
  readonly #stopping = new AbortController();

  constructor(
    store: Store,
    parts: {
      clock: Clock;
      problems: Problems;
      health: Health;
      secrets: () => readonly string[];
      ownClient: boolean;
    },
    timeouts: { connect: number; write: number },
  ) {
    this.#store = store;
    this.#clock = parts.clock;
    this.#problems = parts.problems;
    this.#health = parts.health;
    this.#secrets = parts.secrets;
    this.#timeouts = timeouts;
    this.callStore = parts.ownClient ? inBackground : (run) => run();
  }

  /** The most reports that a batch may have, as far as the store has refused larger ones. */
  get maxBatchAfterSplit(): number {
    return this.#size.most;
  }

  /**
   * Never rejects.
   * @param fate a sentence about where reports wait that are not stored; without it nothing is told
   * of the store.
   * @param signal gives up early; what is then not known to be stored is `retry`.
   */
  write(
    reports: readonly Report[],
    fate: string | undefined,
    signal?: AbortSignal,
  ): Promise<Written> {
    const turn = this.#turn.then(() =>
      context.with(UNTRACED, () => this.#writeAndTell(reports, fate, signal)),
    );
    this.#turn = turn;
    return turn;
  }

  /** The connection is gone: connect again before the next write. */
  lost(): void {
    this.#connected = false;
  }

  /** Gives up what is under way, and every later write. */
  stop(): void {
    this.#stopping.abort(new DeadlineError('the exporter is closing'));
  }

  /**
   * Updates the health of the store, unless the exporter is closing or the caller passed no `fate`.
   */
  async #writeAndTell(
    reports: readonly Report[],
    fate: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Written> {
    const written = await this.#writeBisecting(reports, signal);
    if (fate === undefined) return written;
    if (written.fault === undefined)
      this.#health.worked(written.outcomes.some((outcome) => outcome !== 'retry'));
    else if (signal?.aborted === true) this.#health.interrupted(written.fault);
    else if (!this.#stopping.signal.aborted) this.#health.failed(written.fault, fate);
    return written;
  }

  /**
   * Writes a batch; narrows it down when the store refuses it as a whole, or when it fails again
   * and again.
   */
  async #writeBisecting(
    reports: readonly Report[],
    signal: AbortSignal | undefined,
  ): Promise<Written> {
    const id = reports[0]?.id ?? '';
    const search = new Bisection(reports.length, this.#failures.probe(id));
    let fault: Error | undefined;
    for (let range = search.next(); range !== undefined; range = search.next()) {
      const part = range[1] - range[0] === reports.length ? reports : reports.slice(...range);
      try {
        const answers = await this.#attempt(part, signal);
        search.answered(range, answers);
        this.#size.taken(part.length);
        if (answers.includes('stored')) this.#failures.forget(id);
      } catch (error) {
        const refused = this.#refusal(error, part.length);
        if (refused !== undefined) search.refused(range, refused);
        else if (kindOf(error) === undefined || !search.failed(range, error)) {
          this.#failures.record(id, error);
          fault = this.#fault(error);
          break;
        }
      }
    }
    return { outcomes: search.outcomes, aside: this.#cleanErrors(search.aside), fault };
  }

  #cleanErrors(errors: ReadonlyMap<number, unknown>): Map<number, Error> {
    const cleaned = new Map<number, Error>();
    for (const [position, error] of errors)
      cleaned.set(position, cleanError(explain(error), this.#secrets()));
    return cleaned;
  }

  /**
   * True while the batch that begins with this report keeps failing for a reason that may lie in
   * one of its reports.
   */
  isStuck(first: Report | undefined): boolean {
    return first !== undefined && this.#failures.probe(first.id) > 0;
  }

  /** The reason if the store rejects these reports. */
  #refusal(error: unknown, count: number): string | undefined {
    const { code, message } = Object(error) as { code?: unknown; message?: string };
    if (code === 'KANEDA_TOO_LARGE') {
      this.#size.refused(count);
      return this.#problems.clean(message || 'too large');
    }
    return code === 'KANEDA_REJECTED' ? this.#problems.clean(message || 'rejected') : undefined;
  }

  #fault(thrown: unknown): Error {
    if (
      typeof thrown === 'object' &&
      thrown !== null &&
      (thrown as { reconnect?: unknown }).reconnect === true
    )
      this.lost();
    return cleanError(explain(thrown), this.#secrets());
  }

  async #attempt(
    reports: readonly Report[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Outcome[]> {
    if (!this.#connected) {
      await this.#within('connect', this.#timeouts.connect, signal, (given) =>
        this.#store.connect(given),
      );
      this.#connected = true;
    }
    const answer = await this.#within('write', this.#timeouts.write, signal, (given) =>
      this.#store.write(reports, given),
    );
    return this.#checkOutcomes(answer, reports.length);
  }

  #checkOutcomes(answer: unknown, count: number): readonly Outcome[] {
    if (answer === undefined) return new Array<Outcome>(count).fill('stored');
    // A copy without holes, which `every` would pass over.
    const list = Array.isArray(answer) ? Array.from<unknown>(answer) : [];
    if (list.length === count && list.every(isOutcome)) {
      return list.map((outcome) =>
        typeof outcome === 'string'
          ? outcome
          : { rejected: this.#problems.clean(outcome.rejected || 'rejected') },
      );
    }
    this.#problems.tell(
      'KANEDA_STORE',
      `write() must return nothing, or ${count} outcomes for ${count} reports; the batch is written again`,
      { kind: 'outcomes' },
    );
    return new Array<Outcome>(count).fill('retry');
  }

  /** Runs one of the store's methods under a deadline. A later answer is ignored. */
  #within<T>(
    what: string,
    ms: number,
    outer: AbortSignal | undefined,
    run: (given: WriteContext) => Promise<T>,
  ): Promise<T> {
    const late = (): DeadlineError => new DeadlineError(`${what} took longer than ${ms} ms`);
    const ends = [this.#stopping.signal, ...(outer === undefined ? [] : [outer])];
    return withTimeout(
      ms,
      ends,
      async (signal) => {
        signal.throwIfAborted();
        return untilAborted(
          this.callStore(() => asAsync(() => run({ signal }))),
          signal,
        );
      },
      { clock: this.#clock, late },
    );
  }
}

/** A method that throws at once, instead of returning a rejected promise, is treated alike. */
async function asAsync<T>(run: () => Promise<T>): Promise<T> {
  return run();
}

function isOutcome(value: unknown): value is Outcome {
  if (value === 'stored' || value === 'retry') return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { rejected?: unknown }).rejected === 'string'
  );
}
