import type { GaugeFamily, Tags } from '../../../bridges/cells/store.js';
import { INSPECT, type Inspect, inspectAs } from '../../../exporters/diagnostics/inspect-as.js';
import { numberOf } from '../call-arguments.js';
import type { Recorder } from '../recorder.js';
import type { LevelHandle } from './handle.js';
import { Seat } from './seat.js';

/** The handle of one series of a gauge. */
export class Level implements LevelHandle {
  readonly #seat: Seat<GaugeFamily>;

  readonly set = (value: number | bigint): void => this.#set(value);

  /** @param tags are copied. */
  constructor(recorder: Recorder, name: string, tags: Tags | undefined) {
    this.#seat = new Seat(recorder, recorder.families.gauges, name, tags);
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('LevelHandle', this.#seat.seen, options, inspect);
  }

  #set(value: number | bigint): void {
    const seat = this.#seat;
    const { family } = seat;
    const number = numberOf(value);
    if (family !== undefined && Number.isFinite(number)) family.setAt(seat.slot, number);
    else if (seat.recorder.set('level', seat.name, value, seat.tags)) seat.find();
  }
}
