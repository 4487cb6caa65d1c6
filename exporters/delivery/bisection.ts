import type { Outcome } from './store.js';

/** A part of a batch: from, up to but without. */
export type Range = readonly [from: number, to: number];

/**
 * Parts of a stuck batch that may fail in one write before any part is stored: an outage must not
 * cost more requests.
 */
const UNPROVEN_FAILURES = 2;
/** Parts that may fail in one write after a part was stored; the rest is tried again later. */
const PROVEN_FAILURES = 200;

/**
 * The search through one batch for the reports that a store does not take.
 *
 * A part that the store refuses is halved until the culprits stand alone. A stuck batch, one that
 * failed several times for the same reason, is probed by ever smaller parts, because it is unknown
 * whether the store or a report is at fault. Once a part is stored, the store works: what still
 * fails alone is put aside.
 */
export class Bisection {
  readonly outcomes: Outcome[];
  /** The error of each report that fails alone, by its position; its outcome is `retry`. */
  readonly aside = new Map<number, unknown>();
  readonly #ranges: Range[];
  readonly #stuck: boolean;
  /** Parts that failed, or were not tried, before anything was stored. */
  #unproven: Range[] = [];
  #proven = false;
  #failures = 0;

  /** @param probe zero for a batch that is not stuck; else the number of this probe, from 1. */
  constructor(
    readonly count: number,
    probe: number,
  ) {
    this.outcomes = new Array<Outcome>(count).fill('retry');
    this.#stuck = probe > 0 && count > 1;
    this.#ranges = this.#stuck ? this.#probes(probe) : [[0, count]];
  }

  /** The next part to write. */
  next(): Range | undefined {
    return this.#ranges.pop();
  }

  /** The store answered for a part. */
  answered([from, to]: Range, answers: readonly Outcome[]): void {
    for (let i = from; i < to; i++) this.outcomes[i] = answers[i - from]!;
    if (!this.#stuck || this.#proven || !answers.includes('stored')) return;
    this.#proven = true;
    this.#failures = 0;
    this.#ranges.push(...this.#unproven.flatMap(halves));
    this.#unproven = [];
  }

  /** The store rejects a part. */
  refused(range: Range, reason: string): void {
    if (isSingle(range)) this.outcomes[range[0]] = { rejected: reason };
    else this.#ranges.push(...halves(range));
  }

  /**
   * A part failed for a reason that may lie in one of its reports.
   * @returns false when the search must end for now.
   */
  failed(range: Range, error: unknown): boolean {
    if (!this.#stuck) return false;
    this.#failures += 1;
    if (!this.#proven) {
      this.#unproven.push(range);
      return this.#failures < UNPROVEN_FAILURES;
    }
    if (isSingle(range)) this.aside.set(range[0], error);
    else this.#ranges.push(...halves(range));
    return this.#failures < PROVEN_FAILURES;
  }

  /**
   * Two small parts from both ends, halved with each probe; at the size of one report they wander.
   * The rest waits for a proof.
   */
  #probes(probe: number): Range[] {
    const size = Math.max(1, this.count >> probe);
    const start = size > 1 ? 0 : (probe * 7) % (this.count - 1);
    const first: Range = [start, start + size];
    const last: Range = [Math.max(first[1], this.count - size), this.count];
    const rest: Range[] = [
      [0, start],
      [first[1], last[0]],
    ];
    this.#unproven = rest.filter(([from, to]) => from < to);
    return [last, first].filter(([from, to]) => from < to);
  }
}

const isSingle = ([from, to]: Range): boolean => to - from === 1;

/** Both halves, the later one first, as a stack wants them; a single report stays whole. */
function halves(range: Range): Range[] {
  const [from, to] = range;
  if (isSingle(range)) return [range];
  const middle = (from + to) >> 1;
  return [
    [middle, to],
    [from, middle],
  ];
}
