import { FloatSum } from '../../../../exporters/reading/float-sum.js';
import { DistributionSum } from '../../../../exporters/reading/merge-distributions.js';
import { percentileOf } from '../../../../exporters/reading/percentile-of.js';
import type { Distribution } from '../../../../exporters/reports/distribution.js';
import { roundSum } from '../../../reading/summary/shown.js';
import type { Timings } from '../protocol.js';

/** Values of an interval, as a report has them. */
export interface Values {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly distribution?: Distribution | undefined;
}

/** The recorded numbers of one series in one step of time. */
export class Tally {
  readonly #amount = new FloatSum();
  count = 0;
  readonly #sum = new FloatSum();
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** A gauge's last value, and its time in milliseconds since the epoch. */
  last: number | undefined;
  lastAt = Number.NEGATIVE_INFINITY;
  /** The only distribution, or the sum of several. */
  #distribution: Distribution | DistributionSum | undefined;
  /** True with values whose distribution is not known: percentiles would leave them out. */
  #unknown = false;

  /**
   * A counter's sum, or the number of values or reports. A report that spans several steps has a
   * part in each.
   */
  get amount(): number {
    return this.#amount.value;
  }

  get sum(): number {
    return this.#sum.value;
  }

  /** Adds to the amount. */
  addAmount(amount: number): void {
    this.#amount.add(amount);
  }

  /** Adds values of an interval. */
  addValues({ distribution, ...values }: Values): void {
    this.#addNumbers(values);
    if (distribution !== undefined) this.#addDistribution(distribution);
    else if (values.count > 0) this.#unknown = true;
  }

  /** Adds a single value. */
  record(value: number): void {
    this.#addNumbers({ count: 1, sum: value, min: value, max: value });
    if (value >= 0) this.#distributionSum().record(value);
    else this.#unknown = true;
  }

  /** Sets a gauge's value, unless a later one is known. */
  set(value: number, at: number): void {
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    if (at < this.lastAt) return;
    this.last = value;
    this.lastAt = at;
  }

  /** Adds all that another tally holds. */
  add(other: Tally): void {
    this.addAmount(other.amount);
    this.#addNumbers(other);
    this.#unknown ||= other.#unknown;
    const distribution = distributionOf(other.#distribution);
    if (distribution !== undefined) this.#addDistribution(distribution);
    if (other.last !== undefined) this.set(other.last, other.lastAt);
  }

  /** Percentiles, mean and largest of the values; `null`: there are none, or it is unknown. */
  get timings(): Timings {
    const { count, sum, min, max } = this;
    const known = !this.#unknown && count > 0;
    const distribution = known ? distributionOf(this.#distribution) : undefined;
    const percentile = (p: number) =>
      known ? (percentileOf(distribution, p, { min, max }) ?? null) : null;
    return {
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
      mean: count > 0 ? roundSum(sum / count) : null,
      max: Number.isFinite(max) ? max : null,
    };
  }

  #addNumbers({ count, sum, min, max }: Values): void {
    this.count += count;
    this.#sum.add(sum);
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
  }

  #addDistribution(distribution: Distribution): void {
    if (this.#distribution === undefined) this.#distribution = distribution;
    else this.#distributionSum().add(distribution);
  }

  #distributionSum(): DistributionSum {
    const before = this.#distribution;
    if (before instanceof DistributionSum) return before;
    const sum = new DistributionSum();
    if (before !== undefined) sum.add(before);
    this.#distribution = sum;
    return sum;
  }
}

function distributionOf(
  held: Distribution | DistributionSum | undefined,
): Distribution | undefined {
  return held instanceof DistributionSum ? held.toDistribution() : held;
}
