import type { Outcome } from '../../delivery/batch-writer.js';
import { type Counts, signalOf } from '../../delivery/ledger.js';
import { pauseAfter } from '../../delivery/retry-pause.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { ReportExporter } from '../../report-exporter.js';
import type { Clock } from '../../timing/clock.js';
import { sleep } from '../../timing/sleep.js';
import { withTimeout } from '../../timing/with-timeout.js';
import type { Delivery, ReportQueue } from '../report-queue.js';

/** What a worker's slots share. */
export interface SlotParts {
  readonly queue: ReportQueue;
  readonly backend: ReportExporter;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly batchSize: number;
  /** Reports that all slots hold together, at most. */
  readonly hold: number;
  readonly once: boolean;
  /** Aborted when no more is to be taken. */
  readonly ending: AbortSignal;
  /** Aborted when what is in hand is to be given back. */
  readonly ended: AbortSignal;
  /** A job was no report. */
  refused(reason: string): void;
  /** What is wrong with the queue; `undefined` when it works again. */
  queueFault(error: unknown): void;
  /** The queue could not be told what became of a report. */
  untold(error: unknown): void;
}

/** Milliseconds that a queue of somebody's own, which may wait all the same, is given to say that it is drained. */
const DRAINED_AFTER_MS = 5_000;
/** Time until a queue is asked again that answered with nothing instead of waiting: it must not take the event loop for itself. */
const EMPTY_PAUSE_MS = 100;

/** One batch after the other: taken, stored, acknowledged. What the store did not take stays in hand and is tried again first. */
export class Slot {
  readonly #parts: SlotParts;
  #held: readonly Delivery[] = [];
  #failures = 0;

  constructor(parts: SlotParts) {
    this.#parts = parts;
  }

  /** Ends when it shall end and nothing is in hand, or all of it was given back. Never rejects. */
  async run(): Promise<void> {
    const { ending, ended } = this.#parts;
    while (!ended.aborted) {
      if (this.#held.length > 0) await this.#store();
      else if (ending.aborted || (await this.#take()) === 'drained') break;
    }
    // In the order they were taken: each goes back to the head of the queue.
    await Promise.allSettled(
      [...this.#held].reverse().map((delivery) => delivery.retry('the worker ended')),
    );
  }

  async #take(): Promise<'drained' | undefined> {
    const { queue, clock, batchSize, hold, once, ending, counts, refused, queueFault } =
      this.#parts;
    let found = false;
    const told = (reason: string) => {
      found = true;
      refused(reason);
    };
    const take = (signal: AbortSignal) =>
      queue.take({ max: batchSize, signal, wait: !once, hold, refused: told });
    try {
      const taken = await (once
        ? withTimeout(DRAINED_AFTER_MS, ending, take, { clock })
        : take(ending));
      for (const { report } of taken) counts.accept(signalOf(report));
      this.#held = taken;
      queueFault(undefined);
      if (taken.length > 0 || ending.aborted) return undefined;
      // Refusing many jobs takes its time too: only a look that found nothing at all is the last one.
      if (once) return found ? undefined : 'drained';
      await this.#rest(EMPTY_PAUSE_MS);
      return undefined;
    } catch (error) {
      if (ending.aborted) return undefined;
      queueFault(error);
      await this.#pause(false);
      return undefined;
    }
  }

  async #store(): Promise<void> {
    const { backend, ended, untold } = this.#parts;
    const held = this.#held;
    const outcomes = await backend.deliver(
      held.map(({ report }) => report),
      { signal: ended },
    );
    this.#held = held.filter((_, i) => outcomes[i] === 'retry');
    // A queue that is told of many at once answers with one promise for all of them.
    const telling = new Set(held.map((delivery, i) => this.#settle(delivery, outcomes[i]!)));
    let told = true;
    for (const result of await Promise.allSettled(telling)) {
      if (result.status === 'fulfilled') continue;
      told = false;
      untold(result.reason);
    }
    // What the queue could not be told comes again, maybe at once.
    if (!told) await this.#pause(false);
    else if (this.#held.length === held.length)
      await this.#pause(backend.fault instanceof ImproperlyConfiguredError);
    else {
      this.#failures = 0;
      if (this.#held.length > 0) await this.#pause(false);
    }
  }

  #settle(delivery: Delivery, outcome: Outcome): Promise<void> | undefined {
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
      // A queue of somebody's own may throw at once.
      return Promise.reject(error);
    }
  }

  /** Growing and jittered, short while somebody waits for the end. */
  async #pause(configuration: boolean): Promise<void> {
    const { clock, ending } = this.#parts;
    this.#failures += 1;
    await this.#rest(
      pauseAfter(
        { failures: this.#failures, configuration, waitedFor: ending.aborted },
        clock.random(),
      ),
    );
  }

  #rest(ms: number): Promise<void> {
    const { clock, ending, ended } = this.#parts;
    return sleep(ms, { clock, signal: ending.aborted ? ended : ending });
  }
}
