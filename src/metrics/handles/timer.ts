import type { HistogramFamily, Tags } from '../../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspectAs } from '../../../exporters/diagnostics/inspect-as.js';
import { monotonic } from '../../../exporters/timing/real-timers.js';
import { numberOf } from '../call-arguments.js';
import { durationIn } from '../durations.js';
import type { Recorder } from '../recorder.js';
import { runThen } from '../when-settled.js';
import { FoundSeries } from './found-series.js';
import type { TimerHandle } from './handle.js';

/** The handle of one series of durations. */
export class Timer implements TimerHandle {
  readonly #series: FoundSeries<HistogramFamily>;

  readonly record = (value: number): void => this.#record(value, undefined);

  readonly time = <T>(fn: () => T): T => this.#time(fn);

  /** @param tags are copied. */
  constructor(recorder: Recorder, name: string, tags: Tags | undefined) {
    this.#series = new FoundSeries(recorder, recorder.families.timings, name, tags);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('TimerHandle', this.#series.seen, options, inspect);
  }

  #record(value: number, unit: string | undefined): void {
    const series = this.#series;
    const { family } = series;
    const number = numberOf(value);
    if (family !== undefined && number >= 0 && number <= Number.MAX_VALUE)
      family.recordAt(series.slot, number);
    else if (series.recorder.time('timer', series.name, value, series.tags, unit)) series.find();
  }

  #time<T>(fn: () => T): T {
    if (typeof fn !== 'function')
      throw new TypeError(
        `timer(…).time() takes a function, not ${typeof fn}; pass the function itself: time(() => work()).`,
      );
    const begun = monotonic();
    const done = (): void => {
      const { recorder, name } = this.#series;
      const { value, unit } = durationIn(recorder.unitOf(name), monotonic() - begun, false);
      this.#record(value, unit);
    };
    return runThen(fn, done);
  }
}
