import type { PendingSum, SumFamily, Tags } from '../../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspected } from '../../../exporters/diagnostics/inspected.js';
import { numberOf } from '../call-arguments.js';
import type { Recorder } from '../recorder.js';
import type { CounterHandle } from './handle.js';
import { Seat } from './seat.js';

/** As far as a small integer of V8 goes on every platform. */
const ROOM = 2 ** 30 - 1;
const NO_ROOM = -1;

/**
 * Counts whole numbers of 0 or more in a small integer of its own until the sum is read the next
 * time: an addition to a double that is added to again and again takes longer. All else, and
 * everything where the sum is read from outside, is added to the series at once.
 */
export class Counter implements CounterHandle, PendingSum {
  readonly #seat: Seat<SumFamily>;
  /**
   * The amount that may still be added before it must be settled; `NO_ROOM` while nothing may be
   * added here.
   */
  #room = NO_ROOM;

  readonly add = (by = 1): void => {
    if (typeof by === 'number' && (by | 0) === by && by >= 0 && by <= this.#room) this.#room -= by;
    else this.#add(by);
  };

  /** @param tags are copied. */
  constructor(recorder: Recorder, name: string, tags: Tags | undefined) {
    this.#seat = new Seat(recorder, recorder.families.sums, name, tags);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspected('CounterHandle', this.#seat.seen, options, inspect);
  }

  settle(): void {
    const by = ROOM - this.#room;
    this.#room = NO_ROOM;
    // The slot is good: a family settles what is deferred before it takes slots back.
    if (by > 0) this.#seat.found?.addAt(this.#seat.slot, by);
  }

  #add(by: unknown): void {
    const seat = this.#seat;
    const { family } = seat;
    const number = numberOf(by);
    const isGood = Number.isFinite(number) && (number >= 0 || family?.falls() === true);
    if (family !== undefined && isGood) family.addAt(seat.slot, number);
    else if (seat.recorder.add('counter', seat.name, seat.tags, by, 1)) seat.find();
    if (this.#room === NO_ROOM && seat.family?.defer(this) === true) this.#room = ROOM;
  }
}
