import { randomInt } from 'node:crypto';

/** Numbers are used modulo a million: as nanoseconds they fit below a millisecond. */
export const SEQUENCES = 1_000_000;
/**
 * The number of different milliseconds that are remembered: those that a clock that is set back may
 * show again.
 */
const REMEMBERED_MS = 4_096;

/** Consecutive numbers that belong to reports of one time. */
export interface Block {
  /** The reports' timestamp, in milliseconds since 1970. */
  readonly time: number;
  /**
   * The millisecond below which the numbers are unique: later than `time` once a million reports
   * had that time.
   */
  readonly slot: number;
  readonly first: number;
  readonly count: number;
}

/**
 * Numbers for reports: no two reports of this process have the same slot and the same number modulo
 * a million, also when the clock stands still, is set back or set forward.
 */
export class Numbers {
  /**
   * From a random start, so that processes differ. Drawn at the first use: in a startup snapshot
   * all would be alike.
   */
  #next = -1;
  /** By slot: the first number that is not for it any more. */
  readonly #limits = new Map<number, number>();
  #lastSlot = Number.NaN;
  #lastLimit = 0;

  /**
   * Takes up to `count` consecutive numbers, at least one, for reports whose timestamp is `time`.
   * @param time milliseconds since 1970, finite.
   */
  take(time: number, count: number): Block {
    if (this.#next < 0) this.#next = randomInt(SEQUENCES);
    let slot = time;
    while (this.#limitOf(slot, slot > time) <= this.#next) slot += 1;
    const first = this.#next;
    const given = Math.min(count, this.#lastLimit - first);
    this.#next += given;
    return { time, slot, first, count: given };
  }

  #limitOf(slot: number, moved: boolean): number {
    if (slot !== this.#lastSlot) {
      this.#lastLimit = this.#limits.get(slot) ?? this.#open(slot, moved);
      this.#lastSlot = slot;
    }
    return this.#lastLimit;
  }

  /**
   * A slot that reports are moved to ends where the numbers begin again at 0, so that they ascend
   * in it.
   */
  #open(slot: number, moved: boolean): number {
    const used = moved ? this.#next % SEQUENCES : 0;
    const limit = this.#next + SEQUENCES - used;
    this.#limits.set(slot, limit);
    if (this.#limits.size > REMEMBERED_MS) this.#limits.delete(this.#limits.keys().next().value!);
    return limit;
  }
}

/**
 * The numbers of this process: ids of all kinds share them, for a store may keep all kinds in one
 * place.
 */
export const numbers = new Numbers();
