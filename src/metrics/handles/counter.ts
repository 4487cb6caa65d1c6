import type { PendingSum, SumFamily, Tags } from '../../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspectAs } from '../../../exporters/diagnostics/inspect-as.js';
import { numberOf } from '../call-arguments.js';
import type { Recorder } from '../recorder.js';
import { FoundSeries } from './found-series.js';
import type { CounterHandle } from './handle.js';

/** The largest small integer of V8 on every platform. */
const ROOM = 2 ** 30 - 1;
const NO_ROOM = -1;

/**
 * Counts whole numbers of 0 or more in a small integer of its own until the sum is read the next
 * time: an addition to a double that is added to again and again takes longer. All else, and
 * everything where the sum is read from outside, is added to the series at once.
 */
export class Counter implements CounterHandle, PendingSum {
  readonly #series: FoundSeries<SumFamily>;
  readonly add: (by?: number) => void;
  readonly addDeferred: () => void;

  /** @param tags are copied. */
  constructor(recorder: Recorder, name: string, tags: Tags | undefined) {
    const series = new FoundSeries(recorder, recorder.families.sums, name, tags);
    this.#series = series;
    /**
     * The amount that may still be added before it must be added to the family; `NO_ROOM` while
     * nothing may be added here. A variable of the constructor: `add` then reaches it in fewer
     * steps than a field, and where a program has one handle in a constant, V8 knows its address.
     */
    let room = NO_ROOM;
    const more = (by: unknown = 1): void => {
      if (typeof by === 'number' && (by | 0) === by && by >= 0 && by <= room) {
        room -= by;
        return;
      }
      addTo(series, by);
      if (room === NO_ROOM && series.family?.defer(this) === true) room = ROOM;
    };
    this.add = (by) => {
      if (by === undefined && room > 0) room -= 1;
      else more(by);
    };
    this.addDeferred = () => {
      const by = ROOM - room;
      room = NO_ROOM;
      // The slot is good: a family adds what is deferred before it takes slots back.
      if (by > 0) series.found?.addAt(series.slot, by);
    };
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('CounterHandle', this.#series.seen, options, inspect);
  }
}

/** Adds to the series at once, or refuses. */
function addTo(series: FoundSeries<SumFamily>, by: unknown): void {
  const { family } = series;
  const number = numberOf(by);
  const isGood = Number.isFinite(number) && (number >= 0 || family?.falls() === true);
  if (family !== undefined && isGood) family.addAt(series.slot, number);
  else if (series.recorder.add('counter', series.name, series.tags, by, 1)) series.find();
}
