import type { GaugeFamily, Tags } from '../../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspectAs } from '../../../exporters/diagnostics/inspect-as.js';
import { numberOf } from '../call-arguments.js';
import type { Recorder } from '../recorder.js';
import { FoundSeries } from './found-series.js';
import type { LevelHandle } from './handle.js';

/** The handle of one series of a gauge. */
export class Level implements LevelHandle {
  readonly #series: FoundSeries<GaugeFamily>;

  readonly set = (value: number | bigint): void => this.#set(value);

  /** @param tags are copied. */
  constructor(recorder: Recorder, name: string, tags: Tags | undefined) {
    this.#series = new FoundSeries(recorder, recorder.families.gauges, name, tags);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('LevelHandle', this.#series.seen, options, inspect);
  }

  #set(value: number | bigint): void {
    const series = this.#series;
    const { family } = series;
    const number = numberOf(value);
    if (family !== undefined && Number.isFinite(number)) family.setAt(series.slot, number);
    else if (series.recorder.set('level', series.name, value, series.tags)) series.find();
  }
}
