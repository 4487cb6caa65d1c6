import type { Clock } from '../timing/clock.js';

/**
 * Milliseconds before a report that was put aside is tried again, doubling from the first to the
 * longest.
 */
const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 600_000;
/**
 * A report is rejected after this many tries alone, if the store has stored other reports in
 * between: after about an hour.
 */
const MAX_TRIES = 10;
/** Reports that are kept aside at once. */
const MAX_ASIDE_REPORTS = 1_000;
/** To make room, a report that failed alone at least this often is rejected early. */
const MIN_TRIES = 3;
/** Reports that a flush tries at once, the oldest first. */
const HURRIED_REPORTS = 10;

/** A report that keeps failing while its neighbours are stored. */
export interface Suspect<T> {
  readonly item: T;
  /** The error with which it failed the last time. */
  error: Error;
  /** Failures alone, each after others were stored. */
  tries: number;
  pause: number;
  due: number;
  /** The value of `storedBatches` at its last failure. */
  seen: number;
}

/**
 * Reports that keep failing alone. They are tried again at their own pace, so that the others pass.
 */
export class SetAside<T> {
  readonly #clock: Clock;
  #suspects: Suspect<T>[] = [];
  #storedBatches = 0;

  readonly #capacity: number;

  /** @param capacity reports that are kept aside at once. */
  constructor(clock: Clock, capacity: number = MAX_ASIDE_REPORTS) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#suspects.length;
  }

  /** The error with which the oldest of them fails. */
  get fault(): Error | undefined {
    return this.#suspects[0]?.error;
  }

  /** The items, oldest first. */
  items(): T[] {
    return this.#suspects.map(({ item }) => item);
  }

  /** The store took other reports: a failure of these is their own. */
  storeWorks(): void {
    this.#storedBatches += 1;
  }

  /**
   * Puts one more aside, or one that was taken back after it failed again.
   * @returns the suspect to reject now: none, this suspect after its last try, or an older suspect
   * to make room
   */
  add(item: T, error: Error, taken?: Suspect<T>): Suspect<T> | undefined {
    const suspect = taken ?? { item, error, tries: 0, pause: 0, due: 0, seen: -1 };
    suspect.error = error;
    // Without a sign of life in between, the failure may be the store's.
    if (suspect.seen !== this.#storedBatches) suspect.tries += 1;
    suspect.seen = this.#storedBatches;
    if (suspect.tries > MAX_TRIES) return suspect;
    suspect.pause = Math.min(MAX_PAUSE_MS, suspect.pause * 2 || FIRST_PAUSE_MS);
    suspect.due = this.#clock.monotonic() + suspect.pause;
    this.#suspects.push(suspect);
    return this.#suspects.length > this.#capacity ? this.#removeProven() : undefined;
  }

  /** True when no more can be put aside without rejecting one that was hardly tried. */
  get isFull(): boolean {
    return (
      this.#suspects.length >= this.#capacity &&
      !this.#suspects.some(({ tries }) => tries >= MIN_TRIES)
    );
  }

  /** Takes one whose pause is over. It must be added again or forgotten. */
  take(): Suspect<T> | undefined {
    const now = this.#clock.monotonic();
    const index = this.#suspects.findIndex(({ due }) => due <= now);
    return index === -1 ? undefined : this.#suspects.splice(index, 1)[0];
  }

  /** Milliseconds until the next one is due. */
  nextDue(): number | undefined {
    if (this.#suspects.length === 0) return undefined;
    const next = Math.min(...this.#suspects.map(({ due }) => due));
    return Math.max(0, next - this.#clock.monotonic());
  }

  /** Somebody waits: the oldest are due at once. */
  hurry(): void {
    for (const suspect of this.#suspects.slice(0, HURRIED_REPORTS)) suspect.due = 0;
  }

  #removeProven(): Suspect<T> | undefined {
    const index = this.#suspects.findIndex(({ tries }) => tries >= MIN_TRIES);
    return index === -1 ? undefined : this.#suspects.splice(index, 1)[0];
  }
}

/** The outcome of a report that was tried alone until its last try, or made room for others. */
export const rejectionOf = ({ error }: Suspect<unknown>): { rejected: string } => ({
  rejected: `kept failing: ${error.message}`,
});
