import type { Clock } from '../timing/clock.js';
import { setImmediate } from '../timing/real-timers.js';
import type { Writer } from './batch-writer.js';
import type { Counts } from './ledger.js';
import type { Entry, Outbox } from './outbox/outbox.js';
import { pauseAfter } from './retry-pause.js';

/** Writes that are not full keep this distance, so that a trickle of reports does not become a trickle of writes. */
const WRITE_SPACING_MS = 100;

/** What a delivery works with. */
export interface DeliveryParts {
  readonly outbox: Outbox;
  readonly writer: Writer;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly limits: { readonly count: number; readonly bytes: number };
}

/** Somebody who waits until everything before `place` has left the outbox. */
interface Waiter {
  readonly place: number;
  readonly done: () => void;
  readonly failed: () => void;
}

/** What {@link Delivery.drained} answers. */
export interface Draining {
  /** Everything has left the outbox. */
  readonly done: Promise<void>;
  /** A write failed meanwhile. */
  readonly failed: Promise<void>;
  /** Nobody waits any more. */
  cancel(): void;
}

/** Takes batches out of the outbox and writes them, one at a time, in order; a batch that failed comes again first. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #waiters = new Set<Waiter>();
  #held: readonly Entry[] = [];
  #running = false;
  #stopped = false;
  #urgent = false;
  #failures = 0;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #sleep: { readonly until: 'full' | 'due'; end(): void } | undefined;
  /** Why the last write failed, without secrets; `undefined` after one that went well. */
  fault: Error | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** There may be something to write. */
  wake(): void {
    if (this.#stopped) return;
    if (!this.#running) {
      this.#running = true;
      // After this turn of the event loop: what is recorded together is written together.
      setImmediate(() => void this.#run());
    } else if (this.#sleep?.until === 'full' && this.#isFull()) this.#sleep.end();
  }

  /** Waits until everything added so far has left the outbox, trying at once even if a pause was on. */
  drained(): Draining {
    const waiting: Partial<{ -readonly [K in keyof Waiter]: Waiter[K] }> = {
      place: this.#parts.outbox.end,
    };
    const done = new Promise<void>((resolve) => {
      waiting.done = resolve;
    });
    const failed = new Promise<void>((resolve) => {
      waiting.failed = resolve;
    });
    const waiter = waiting as Waiter;
    this.#waiters.add(waiter);
    this.#urgent = true;
    this.#sleep?.end();
    this.wake();
    this.#tell();
    return { done, failed, cancel: () => void this.#waiters.delete(waiter) };
  }

  /** No more writes. */
  stop(): void {
    this.#stopped = true;
    this.#sleep?.end();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped && (await this.#step()));
    } finally {
      this.#running = false;
    }
    // Something may have come between the last look and here.
    if (this.#parts.outbox.waiting > 0) this.wake();
  }

  /** One batch; `false` when there is nothing to do. */
  async #step(): Promise<boolean> {
    await this.#distance();
    const { outbox, writer, limits } = this.#parts;
    if (this.#stopped) return false;
    if (this.#held.length === 0) {
      this.#held = await outbox.take(Math.min(limits.count, writer.splitAt), limits.bytes);
    }
    this.#urgent = false;
    const batch = this.#held;
    if (batch.length === 0) {
      this.#tell();
      return false;
    }
    this.#lastWrite = this.#parts.clock.monotonic();
    const { outcomes, fault } = await writer.write(batch.map((entry) => entry.report));
    // Given up at close: its reports are counted there.
    if (this.#stopped) return false;
    this.#held = this.#settle(batch, outcomes);
    this.fault = fault;
    this.#tell();
    if (this.#held.length === 0) this.#failures = 0;
    else await this.#pause(this.#held.length < batch.length);
    return true;
  }

  /** Lets go of what is done with; returns what must be tried again. */
  #settle(
    batch: readonly Entry[],
    outcomes: Awaited<ReturnType<Writer['write']>>['outcomes'],
  ): readonly Entry[] {
    const { counts, outbox } = this.#parts;
    const gone: Entry[] = [];
    const again: Entry[] = [];
    batch.forEach((entry, i) => {
      const outcome = outcomes[i]!;
      if (outcome === 'retry') again.push(entry);
      else {
        if (outcome === 'stored') counts.store(entry.signal);
        else counts.reject(entry.signal, outcome.rejected);
        gone.push(entry);
      }
    });
    outbox.remove(again.length === 0 ? batch : gone);
    return again;
  }

  #pause(progress: boolean): Promise<void> {
    this.#failures = progress ? 1 : this.#failures + 1;
    for (const waiter of this.#waiters) waiter.failed();
    if (this.#stopped || this.#urgent) return Promise.resolve();
    const configuration =
      (this.fault as { code?: unknown } | undefined)?.code === 'KANEDA_IMPROPERLY_CONFIGURED';
    const waitedFor = this.#waiters.size > 0;
    return this.#asleep(
      pauseAfter(
        { failures: this.#failures, configuration, waitedFor },
        this.#parts.clock.random(),
      ),
      'due',
    );
  }

  async #distance(): Promise<void> {
    if (this.#held.length > 0 || this.#urgent || this.#waiters.size > 0 || this.#isFull()) return;
    const left = this.#lastWrite + WRITE_SPACING_MS - this.#parts.clock.monotonic();
    if (left > 0) await this.#asleep(left, 'full');
  }

  #isFull(): boolean {
    return this.#parts.outbox.waiting >= this.#parts.limits.count;
  }

  #asleep(ms: number, until: 'full' | 'due'): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#sleep = undefined;
        resolve();
      };
      // A short distance may hold a program that ends, a store that is down may not.
      const timer = this.#parts.clock.after(ms, end, { keepAlive: until === 'full' });
      this.#sleep = { until, end };
    });
  }

  #tell(): void {
    if (this.#waiters.size === 0) return;
    const oldest = this.#parts.outbox.oldest();
    for (const waiter of this.#waiters) {
      if (waiter.place > oldest) continue;
      this.#waiters.delete(waiter);
      waiter.done();
    }
  }
}
