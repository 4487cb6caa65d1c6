import type { HrTime } from '@opentelemetry/api';
import { UnfitValue } from './unfit-value.js';

/**
 * Hands out the same Date for the same moment: a collection's points nearly all share their times.
 */
export class DateCache {
  #last: HrTime = [-1, -1];
  #date = new Date(0);

  /** @throws UnfitValue for an invalid time. */
  of(time: HrTime): Date {
    if (time === this.#last) return this.#date;
    if (time[0] !== this.#last[0] || time[1] !== this.#last[1]) this.#date = dateOf(time);
    this.#last = time;
    return this.#date;
  }
}

/** Whole milliseconds since 1970. */
const millis = (time: HrTime): number => time[0] * 1_000 + Math.floor(time[1] / 1e6);

/** @throws UnfitValue for an invalid time. */
export function dateOf(time: HrTime): Date {
  const date = new Date(millis(time));
  if (Number.isNaN(date.getTime())) throw new UnfitValue('invalid time');
  return date;
}
