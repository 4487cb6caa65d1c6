import type { SeriesAttributes } from '../store.js';
import type { HistogramCell } from './exponential-histogram.js';

/** Values that wait for somebody to listen, kept one by one up to this many a family. */
const MAX_VALUES = 8192;

/** Recorded values with their slots, in order. */
export class RecordedValues {
  #values = new Float64Array(0);
  #slots = new Uint32Array(0);
  length = 0;

  /** `false`: there is no more room. */
  push(slot: number, value: number): boolean {
    if (this.length === this.#values.length && !this.#grow()) return false;
    this.#values[this.length] = value;
    this.#slots[this.length++] = slot;
    return true;
  }

  *entries(): Generator<readonly [slot: number, value: number]> {
    for (let i = 0; i < this.length; i++) yield [this.#slots[i]!, this.#values[i]!];
  }

  #grow(): boolean {
    const room = Math.min(MAX_VALUES, Math.max(32, this.length * 4));
    if (room === this.length) return false;
    const values = new Float64Array(room);
    const slots = new Uint32Array(room);
    values.set(this.#values);
    slots.set(this.#slots);
    this.#values = values;
    this.#slots = slots;
    return true;
  }
}

/**
 * The data that a family recorded before somebody listened: the values, or histograms of them;
 * attributes by slot.
 */
export type Backlog = { attributes: readonly SeriesAttributes[] } & (
  | { values: RecordedValues }
  | { cells: readonly HistogramCell[] }
);

/** The values of a backlog, one by one. */
export function* replay(
  backlog: Backlog,
): Generator<readonly [value: number, attributes: SeriesAttributes]> {
  const { attributes } = backlog;
  if ('values' in backlog) {
    for (const [slot, value] of backlog.values.entries()) yield [value, attributes[slot]!];
    return;
  }
  for (const [slot, cell] of backlog.cells.entries()) {
    for (const [value, times] of valuesOf(cell))
      for (let i = 0; i < times; i++) yield [value, attributes[slot]!];
  }
}

/**
 * Values that a histogram could have been made of: as many, with the same sum, min and max, each
 * within its bucket or close to it. As pairs of a value and how many times it comes.
 */
export function valuesOf(cell: HistogramCell): [value: number, times: number][] {
  const { count, sum, min, max } = cell;
  if (count === 0) return [];
  if (count === 1) return [[sum, 1]];
  const middle: [value: number, times: number][] = [];
  cell.eachBucket((value, times) => middle.push([Math.min(max, Math.max(min, value)), times]));
  // The lowest and the highest value are known, so they stand for themselves.
  middle[0]![1]--;
  middle[middle.length - 1]![1]--;
  const inner = middle.filter(([, times]) => times > 0);
  scaleToSum(inner, sum - min - max, min, max);
  return [[min, 1], ...inner, [max, 1]];
}

/**
 * Scales values, none out of `min` to `max`, until their sum is `sum`. Each is then off by its
 * bucket's width at most.
 */
function scaleToSum(
  values: [value: number, times: number][],
  sum: number,
  min: number,
  max: number,
): void {
  let free = values;
  let missing = sum;
  while (free.length > 0) {
    const now = total(free);
    if (now === 0) return;
    const factor = missing / now;
    for (const entry of free) entry[0] = Math.min(max, Math.max(min, entry[0] * factor));
    // What met a border stays there, and the others share what it could not take.
    const inside = free.filter(([value]) => value > min && value < max);
    if (inside.length === free.length) return;
    missing -= total(free.filter((entry) => !inside.includes(entry)));
    free = inside;
  }
}

const total = (values: readonly [value: number, times: number][]): number =>
  values.reduce((sum, [value, times]) => sum + value * times, 0);
