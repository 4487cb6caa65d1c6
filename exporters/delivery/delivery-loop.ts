import { isOwnError } from '../error-code.js';
import { flushBeforeExit, forgetBeforeExit } from '../timing/before-exit.js';
import type { Clock, Timer } from '../timing/clock.js';
import { nextTurn, setImmediate } from '../timing/real-timers.js';
import type { Writer, Written } from './batch-writer.js';
import type { Health } from './health.js';
import type { Counts } from './ledger.js';
import type { Outbox, OutboxEntry } from './outbox/outbox.js';
import { pauseAfter } from './retry-pause.js';
import { rejectionOf, SetAside, type Suspect } from './set-aside.js';
import type { Outcome } from './store.js';
import { type FlushWait, Waiters } from './waiters.js';

/** The distance of writes that are not full: a trickle of reports must not cause many writes. */
const WRITE_SPACING_MS = 100;

/**
 * A report is put aside after this many `retry` answers in a row, while others are stored. A write
 * that stores one of the repeated reports restarts the count: the store has too little room for all
 * of them, and takes them gradually.
 */
const RETRIES_BEFORE_ASIDE = 3;
/** Failures in a row, some seconds, that a caller waiting for room sits out. */
const FAILURES_OF_A_MOMENT = 4;
const UNEXPLAINED = 'the store keeps answering `retry`';

type Done = Exclude<Outcome, 'retry'>;

/** The parts that a delivery works with. */
export interface DeliveryParts {
  readonly outbox: Outbox;
  readonly writer: Writer;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly health: Health;
  /** Called when a write failed: callers must not wait for the room that it would have made. */
  readonly failed: () => void;
  /** A sentence about where reports wait. */
  readonly fate: string;
  readonly limits: { readonly count: number; readonly bytes: number };
}

/** Writes the outbox's batches, one at a time, in order; a failed batch comes again first. */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #waiters = new Waiters();
  #held: readonly OutboxEntry[] = [];
  /** The number of `retry` answers in a row for each held entry. */
  #retries = new Map<OutboxEntry, number>();
  readonly #aside: SetAside<OutboxEntry>;
  #asideTimer: Timer | undefined;
  #running = false;
  #stopped = false;
  #skipPauses = false;
  #failures = 0;
  #lastWrite = Number.NEGATIVE_INFINITY;
  #sleeping: { readonly until: 'full' | 'due'; end(): void } | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#aside = new SetAside(parts.clock);
  }

  /** The error of the last write, or of the oldest report that was put aside. */
  get fault(): Error | undefined {
    return this.#parts.health.fault ?? this.#aside.fault;
  }

  /** The store does not take reports, and it is not a matter of a moment. */
  get isStuck(): boolean {
    return this.#failures >= FAILURES_OF_A_MOMENT || this.#isConfigurationWrong;
  }

  /** The last write failed, wholly or in part. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  get #isConfigurationWrong(): boolean {
    return isOwnError(this.#parts.health.fault, 'KANEDA_IMPROPERLY_CONFIGURED');
  }

  /** There may be something to write. */
  wake(): void {
    if (this.#stopped) return;
    if (!this.#running) {
      this.#running = true;
      // After this turn of the event loop: what is recorded together is written together.
      setImmediate(() => void this.#run());
    } else if (this.#sleeping?.until === 'full' && this.#isFull()) this.#sleeping.end();
  }

  /** Waits until everything added so far has left the outbox; tries at once, also in a pause. */
  drained(): FlushWait {
    const { outbox } = this.#parts;
    const draining = this.#waiters.wait(outbox.end);
    this.#notifyWaiters();
    if (this.#waiters.areThere) {
      this.#skipPauses = true;
      this.#aside.hurry();
      this.#sleeping?.end();
      this.wake();
    }
    return draining;
  }

  /** No more writes. */
  stop(): void {
    this.#stopped = true;
    this.#asideTimer?.cancel();
    this.#sleeping?.end();
  }

  async #run(): Promise<void> {
    try {
      // A store that answers at once must not keep others from their turn.
      while (!this.#stopped && (await this.#step())) await nextTurn();
    } finally {
      this.#running = false;
    }
    // Something may have come between the last look and here.
    if (this.#parts.outbox.waiting > 0) this.wake();
  }

  /** One batch, or one report that was put aside; `false` when there is nothing to do. */
  async #step(): Promise<boolean> {
    await this.#keepWriteSpacing();
    const { writer } = this.#parts;
    if (this.#stopped) return false;
    if (this.#failures === 0 && (await this.#retryAside())) return !this.#stopped;
    await this.#fill();
    this.#skipPauses = false;
    const batch = this.#held;
    if (batch.length === 0) {
      this.#notifyWaiters();
      this.#wakeForAside();
      return false;
    }
    this.#lastWrite = this.#parts.clock.monotonic();
    const written = await writer.write(
      batch.map((entry) => entry.report),
      this.#parts.fate,
    );
    // Given up at close: its reports are counted there.
    if (this.#stopped) return false;
    this.#held = this.#applyOutcomes(batch, written);
    this.#notifyWaiters();
    if (this.#held.length === 0) this.#failures = 0;
    else await this.#pause(this.#held.length < batch.length);
    return true;
  }

  /**
   * Takes a batch where none is held. A stuck batch is filled up: its outcome shows the culprits.
   */
  async #fill(): Promise<void> {
    const { outbox, writer, limits } = this.#parts;
    const stuck =
      this.#failures >= RETRIES_BEFORE_ASIDE &&
      (this.#parts.health.fault === undefined || writer.isStuck(this.#held[0]?.report));
    if (this.#held.length > 0 && !stuck) return;
    const count = Math.min(limits.count, writer.maxBatchAfterSplit) - this.#held.length;
    const bytes = limits.bytes - this.#held.reduce((sum, { size }) => sum + size, 0);
    if (count <= 0 || bytes <= 0) return;
    const taken = await outbox.take(count, bytes);
    this.#held = this.#held.length === 0 ? taken : [...this.#held, ...taken];
  }

  /** Tries a report again that was put aside and is due. */
  async #retryAside(): Promise<boolean> {
    const suspect = this.#aside.take();
    if (suspect === undefined) return false;
    const { item: entry, error } = suspect;
    const { outcomes, aside, fault } = await this.#parts.writer.write([entry.report], undefined);
    if (this.#stopped) return true;
    if (outcomes[0] === 'retry') this.#putAside(entry, fault ?? aside.get(0) ?? error, suspect);
    else this.#finish([entry], [outcomes[0]!]);
    this.#notifyWaiters();
    return true;
  }

  /** Ends entries that the store has or refuses; returns what must be tried again. */
  #applyOutcomes(
    batch: readonly OutboxEntry[],
    { outcomes, aside, fault }: Pick<Written, 'outcomes' | 'aside' | 'fault'>,
  ): readonly OutboxEntry[] {
    const works = outcomes.includes('stored');
    if (works) this.#aside.storeWorks();
    if (!outcomes.includes('retry')) {
      this.#finish(batch, outcomes as readonly Done[]);
      this.#retries = new Map();
      return [];
    }
    const isShrinking = batch.some(
      (entry, i) => this.#retries.has(entry) && outcomes[i] !== 'retry',
    );
    const again: OutboxEntry[] = [];
    const done: OutboxEntry[] = [];
    const ends: Done[] = [];
    const retries = new Map<OutboxEntry, number>();
    batch.forEach((entry, i) => {
      const outcome = outcomes[i]!;
      if (outcome !== 'retry') {
        done.push(entry);
        ends.push(outcome);
        return;
      }
      const tries = isShrinking ? 1 : (this.#retries.get(entry) ?? 0) + 1;
      // Without an error of the whole write, the store itself answers for each report.
      const alone = works && fault === undefined && tries >= RETRIES_BEFORE_ASIDE;
      const error = aside.get(i) ?? (alone ? new Error(UNEXPLAINED) : undefined);
      if (error !== undefined && !this.#aside.isFull) this.#putAside(entry, error);
      else {
        again.push(entry);
        retries.set(entry, tries);
      }
    });
    this.#finish(done, ends);
    this.#retries = retries;
    return again;
  }

  /** @param ends for each entry what became of it. */
  #finish(entries: readonly OutboxEntry[], ends: readonly Done[]): void {
    const { counts, outbox } = this.#parts;
    entries.forEach(({ signal, report }, i) => {
      const end = ends[i]!;
      if (end === 'stored') counts.store(signal);
      else counts.reject(signal, end.rejected, report.name);
    });
    outbox.remove(entries);
  }

  #putAside(entry: OutboxEntry, error: Error, taken?: Suspect<OutboxEntry>): void {
    const given = this.#aside.add(entry, error, taken);
    if (given !== undefined) this.#finish([given.item], [rejectionOf(given)]);
  }

  /** Begins again when the next report that was put aside is due. */
  #wakeForAside(): void {
    this.#asideTimer?.cancel();
    const ms = this.#aside.nextDue();
    if (ms === undefined) return;
    this.#asideTimer = this.#parts.clock.after(ms, () => this.wake(), { keepAlive: false });
  }

  #pause(progress: boolean): Promise<void> {
    this.#failures = progress ? 1 : this.#failures + 1;
    this.#waiters.fail();
    this.#parts.failed();
    if (this.#stopped || this.#skipPauses) return Promise.resolve();
    const configuration = this.#isConfigurationWrong;
    const waitedFor = this.#waiters.areThere;
    return this.#sleepUntil(
      pauseAfter(
        { failures: this.#failures, configuration, waitedFor },
        this.#parts.clock.random(),
      ),
      'due',
    );
  }

  async #keepWriteSpacing(): Promise<void> {
    if (this.#held.length > 0 || this.#skipPauses || this.#waiters.areThere || this.#isFull())
      return;
    const left = this.#lastWrite + WRITE_SPACING_MS - this.#parts.clock.monotonic();
    if (left > 0) await this.#sleepUntil(left, 'full');
  }

  #isFull(): boolean {
    const { outbox, limits } = this.#parts;
    return outbox.waiting >= limits.count || outbox.isHalfFull;
  }

  #sleepUntil(ms: number, until: 'full' | 'due'): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        forgetBeforeExit(leaver);
        this.#sleeping = undefined;
        resolve();
      };
      const timer = this.#parts.clock.after(ms, end, { keepAlive: false });
      // A program that ends waits neither for more reports nor for a store that is down.
      const leaver = {
        flush: (): Promise<void> => Promise.resolve(end()),
        end: (): void => undefined,
      };
      if (until === 'full') flushBeforeExit(leaver);
      this.#sleeping = { until, end };
    });
  }

  #notifyWaiters(): void {
    if (this.#waiters.areThere) this.#waiters.tell(this.#parts.outbox.oldest());
  }
}
