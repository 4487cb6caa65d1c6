import { instanceOf, type Report } from '../../../../exporters/reports/report.js';
import { amountOf } from '../../../reading/summary/amount.js';
import { valuesOf } from '../../../reading/summary/values.js';
import type { Kind } from '../protocol.js';
import { tagPairs } from './classify.js';
import { Tally } from './tally.js';

/** A step of time of one series. */
interface Step {
  tally: Tally;
  /** The revision in which it changed last. */
  revision: number;
}

/** One series: a metric's name, tags and process, in steps of time. */
export class Series {
  readonly tags: readonly (readonly [string, string])[];
  readonly instance: string;
  readonly #kind: Kind;
  /** By the number of the step since the epoch. */
  steps = new Map<number, Step>();
  revision = 0;

  constructor(kind: Kind, report: Report) {
    this.#kind = kind;
    this.tags = tagPairs(report);
    this.instance = instanceOf(report);
  }

  /** Adds a report. `step`: milliseconds. */
  add(report: Report, step: number, revision: number): void {
    this.revision = revision;
    const at = report.timestamp.getTime();
    const start = report.startTimestamp?.getTime() ?? at;
    const amount = this.#amountOf(report);
    if (amount !== 0) this.#spread(amount, start, at, step, revision);
    const middle = Math.floor((start + at) / 2 / step);
    if (this.#kind === 'timing') addTiming(this.#at(middle, revision), report);
    const value = this.#kind === 'gauge' ? amountOf(report.value) : undefined;
    if (value !== undefined) this.#at(Math.floor(at / step), revision).set(value, at);
  }

  /** Joins each two steps into one. */
  coarsen(): void {
    const before = this.steps;
    this.steps = new Map();
    for (const [number, { tally, revision }] of before)
      this.#at(Math.floor(number / 2), revision).add(tally);
  }

  /** Forgets steps before a number; `false` when none is left. */
  forget(before: number): boolean {
    for (const number of this.steps.keys()) if (number < before) this.steps.delete(number);
    return this.steps.size > 0;
  }

  #amountOf(report: Report): number {
    if (this.#kind === 'gauge') return 0;
    if (this.#kind === 'counter') return amountOf(report.value) ?? 0;
    return this.#kind === 'timing' ? (valuesOf(report)?.count ?? 1) : 1;
  }

  /** Divides an interval's amount by how much of the interval lies in each step. */
  #spread(amount: number, start: number, end: number, step: number, revision: number): void {
    const first = Math.max(Math.floor(start / step), Math.floor(end / step) - MAX_STEPS);
    const from = Math.max(start, first * step);
    if (end <= from) {
      this.#at(Math.floor(end / step), revision).addAmount(amount);
      return;
    }
    for (let number = first; number * step < end; number++) {
      const part = Math.min(end, (number + 1) * step) - Math.max(from, number * step);
      this.#at(number, revision).addAmount((amount * part) / (end - from));
    }
  }

  #at(number: number, revision: number): Tally {
    const known = this.steps.get(number);
    if (known !== undefined) {
      known.revision = revision;
      return known.tally;
    }
    const tally = new Tally();
    this.steps.set(number, { tally, revision });
    return tally;
  }
}

/** Steps that one report is divided among, at most. */
const MAX_STEPS = 360;

function addTiming(tally: Tally, report: Report): void {
  const values = valuesOf(report);
  const value = amountOf(report.value);
  if (values !== undefined) tally.addValues(values);
  else if (value !== undefined) tally.record(value);
}
