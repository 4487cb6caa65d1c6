/** A caller that waits until everything before `place` has left the outbox. */
interface Waiter {
  readonly place: number;
  readonly done: () => void;
  readonly failed: () => void;
}

/** The answer of `Delivery.drained`. */
export interface FlushWait {
  /** Everything has left the outbox. */
  readonly done: Promise<void>;
  /** A write failed meanwhile. */
  readonly failed: Promise<void>;
  /** The caller no longer waits. */
  cancel(): void;
}

/** Those who wait for the outbox, in the order of their places. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get areThere(): boolean {
    return this.#waiters.size > 0;
  }

  /** Waits until {@link tell} is given a place that is not before this one. */
  wait(place: number): FlushWait {
    const waiting: Partial<{ -readonly [K in keyof Waiter]: Waiter[K] }> = { place };
    const done = new Promise<void>((resolve) => {
      waiting.done = resolve;
    });
    const failed = new Promise<void>((resolve) => {
      waiting.failed = resolve;
    });
    const waiter = waiting as Waiter;
    this.#waiters.add(waiter);
    return { done, failed, cancel: () => void this.#waiters.delete(waiter) };
  }

  /** Tells all waiters that a write failed. They keep waiting. */
  fail(): void {
    for (const waiter of this.#waiters) waiter.failed();
  }

  /** Tells those whose reports have left. @param oldest the place of the oldest report. */
  tell(oldest: number): void {
    for (const waiter of this.#waiters) {
      // Those who came later wait for more.
      if (waiter.place > oldest) break;
      this.#waiters.delete(waiter);
      waiter.done();
    }
  }
}
