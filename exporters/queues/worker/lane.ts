import { INTERNALS } from '../../delivery/internals.js';
import { type Counts, signalOf } from '../../delivery/ledger.js';
import { pauseAfter } from '../../delivery/retry-pause.js';
import { rejectionOf, type SetAside, type Suspect } from '../../delivery/set-aside.js';
import type { Outcome } from '../../delivery/store.js';
import { isOwnError } from '../../error-code.js';
import type { ReportExporter } from '../../report-exporter.js';
import type { Clock } from '../../timing/clock.js';
import { sleep } from '../../timing/sleep.js';
import { withTimeout } from '../../timing/with-timeout.js';
import type { Delivery, ReportQueue } from '../report-queue.js';

/** The parts that a worker's lanes share. */
export interface LaneParts {
  readonly queue: ReportQueue;
  readonly backend: ReportExporter;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly batchSize: number;
  /** Reports that all lanes hold together, at most. */
  readonly hold: number;
  readonly once: boolean;
  /** Jobs that the store keeps failing alone, of all lanes. */
  readonly aside: SetAside<Delivery>;
  /** Aborted when no more is to be taken. */
  readonly ending: AbortSignal;
  /** Aborted when what is in hand is to be given back. */
  readonly ended: AbortSignal;
  /** Receives the reason for which a job was not a report. */
  refused(reason: string): void;
  /** Receives the fault of the queue; `undefined` when it works again. */
  queueFault(error: unknown): void;
  /** Receives the error of a queue that did not take an acknowledgement. */
  notAcknowledged(error: unknown): void;
}

/**
 * Milliseconds in which a user's own queue, which may wait in spite of `wait: false`, must answer
 * that it is drained.
 */
const DRAINED_AFTER_MS = 5_000;
/**
 * Time until a queue is asked again that answered with nothing instead of waiting: it must not take
 * the event loop for itself.
 */
const EMPTY_PAUSE_MS = 100;

/**
 * Failures in a row, after which a batch is filled up: what is stored of it shows which job is at
 * fault.
 */
const FAILURES_BEFORE_FILLING = 3;
/** Milliseconds that a batch waits for jobs that fill it up. */
const FILLING_MS = 200;

/**
 * One batch after the other: taken, stored, acknowledged. What the store did not take stays in hand
 * and is tried again first.
 */
export class Lane {
  readonly #parts: LaneParts;
  #held: readonly Delivery[] = [];
  #failures = 0;
  /** The queue could not be reached last time. */
  #isQueueAway = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** Runs until it must end and nothing is in hand, or all of it was given back. Never rejects. */
  async run(): Promise<void> {
    const { ending, ended } = this.#parts;
    while (!ended.aborted) {
      if (await this.#retryAside()) continue;
      if (this.#held.length > 0) await this.#storeBatch();
      else if (ending.aborted || (await this.#takeBatch()) === 'drained') break;
    }
    // In the order they were taken: each goes back to the head of the queue.
    await Promise.allSettled(
      [...this.#held].reverse().map(async (delivery) => delivery.retry('the worker ended')),
    );
  }

  /** Tries a job again that was put aside and is due. */
  async #retryAside(): Promise<boolean> {
    const { aside, backend, ended } = this.#parts;
    const suspect = aside.take();
    if (suspect === undefined) return false;
    let fault = suspect.error;
    const [outcome] = await backend[INTERNALS].deliver([suspect.item.report], {
      signal: ended,
      isKnown: true,
      failedAlone: (_, error) => {
        fault = error;
      },
    });
    if (outcome === 'retry') this.#putAside(suspect.item, fault, suspect);
    else await this.#answerAll([[suspect.item, outcome!]]);
    return true;
  }

  #putAside(delivery: Delivery, error: Error, taken?: Suspect<Delivery>): void {
    const given = this.#parts.aside.add(delivery, error, taken);
    if (given === undefined) return;
    void this.#answerAll([[given.item, rejectionOf(given)]]);
  }

  async #takeBatch(): Promise<'drained' | undefined> {
    const { queue, clock, aside, batchSize, hold, once, ending, counts, refused, queueFault } =
      this.#parts;
    let found = false;
    const countRefused = (reason: string) => {
      found = true;
      refused(reason);
    };
    // A caller that waits for a job does not learn that an empty queue is there again: so whether
    // it is there is asked first.
    const wait = !once && !this.#isQueueAway;
    let limit: AbortSignal = ending;
    const take = (signal: AbortSignal) => {
      limit = signal;
      return queue.take({ max: batchSize, signal, wait, hold, refused: countRefused });
    };
    // A lane that waits for jobs still tries those again that were put aside.
    const limitMs = wait ? aside.nextDue() : DRAINED_AFTER_MS;
    try {
      const taken = await (limitMs === undefined
        ? take(ending)
        : withTimeout(limitMs, ending, take, { clock }));
      for (const { report } of taken) counts.accept(signalOf(report));
      this.#held = taken;
      this.#isQueueAway = false;
      queueFault(undefined);
      if (taken.length > 0 || ending.aborted || (wait && limit.aborted)) return undefined;
      // Refusing many jobs takes its time too: only a look that found nothing at all is the last
      // one.
      if (once) return found ? undefined : 'drained';
      await this.#sleepFor(EMPTY_PAUSE_MS);
      return undefined;
    } catch (error) {
      if (ending.aborted) return undefined;
      this.#isQueueAway = true;
      queueFault(error);
      await this.#pause(false);
      return undefined;
    }
  }

  /**
   * Adds jobs to a batch that keeps failing: if they are stored, what still fails is a job's own
   * fault.
   */
  async #fillBatch(): Promise<void> {
    const { queue, clock, batchSize, hold, counts, ending, refused } = this.#parts;
    const max = batchSize - this.#held.length;
    if (this.#failures < FAILURES_BEFORE_FILLING || max <= 0 || ending.aborted) return;
    try {
      const take = (signal: AbortSignal) => queue.take({ max, signal, hold, refused });
      const taken = await withTimeout(FILLING_MS, ending, take, { clock });
      for (const { report } of taken) counts.accept(signalOf(report));
      this.#held = [...this.#held, ...taken];
    } catch {
      // The queue is away too: its fault is told when a lane takes the next batch.
    }
  }

  async #storeBatch(): Promise<void> {
    const { backend, ended, aside } = this.#parts;
    await this.#fillBatch();
    const held = this.#held;
    const alone = new Map<number, Error>();
    const outcomes = await backend[INTERNALS].deliver(
      held.map(({ report }) => report),
      { signal: ended, failedAlone: (position, error) => alone.set(position, error) },
    );
    const works = outcomes.includes('stored');
    if (works) aside.storeWorks();
    const retries: Delivery[] = [];
    held.forEach((delivery, i) => {
      if (outcomes[i] !== 'retry') return;
      const error = works ? alone.get(i) : undefined;
      if (error === undefined || aside.isFull) retries.push(delivery);
      else this.#putAside(delivery, error);
    });
    this.#held = retries;
    const isTaken = await this.#answerAll(held.map((delivery, i) => [delivery, outcomes[i]!]));
    // A job whose acknowledgement the queue did not take comes again, maybe at once.
    if (!isTaken) await this.#pause(false);
    else if (retries.length === held.length)
      await this.#pause(isOwnError(backend.fault, 'KANEDA_IMPROPERLY_CONFIGURED'));
    else {
      this.#failures = 0;
      if (retries.length > 0) await this.#pause(false);
    }
  }

  /** Tells the queue what became of jobs. @returns false when it did not take all answers. */
  async #answerAll(ended: readonly (readonly [Delivery, Outcome])[]): Promise<boolean> {
    // A queue that is told of many at once answers with one promise for all of them.
    const answers = new Set(
      ended.map(([delivery, outcome]) => this.#answerQueue(delivery, outcome)),
    );
    let isTaken = true;
    for (const result of await Promise.allSettled(answers)) {
      if (result.status === 'fulfilled') continue;
      isTaken = false;
      this.#parts.notAcknowledged(result.reason);
    }
    return isTaken;
  }

  #answerQueue(delivery: Delivery, outcome: Outcome): Promise<void> | undefined {
    const { counts } = this.#parts;
    if (outcome === 'retry') return undefined;
    try {
      if (outcome === 'stored') {
        counts.store(signalOf(delivery.report));
        return delivery.acknowledge();
      }
      counts.reject(signalOf(delivery.report), outcome.rejected);
      return delivery.reject(outcome.rejected);
    } catch (error) {
      // A user's own queue may throw synchronously.
      return Promise.reject(error);
    }
  }

  /** The pause: growing and jittered, short while a close is awaited. */
  async #pause(configuration: boolean): Promise<void> {
    const { clock, ending } = this.#parts;
    this.#failures += 1;
    await this.#sleepFor(
      pauseAfter(
        { failures: this.#failures, configuration, waitedFor: ending.aborted },
        clock.random(),
      ),
    );
  }

  #sleepFor(ms: number): Promise<void> {
    const { clock, ending, ended } = this.#parts;
    return sleep(ms, { clock, signal: ending.aborted ? ended : ending });
  }
}
