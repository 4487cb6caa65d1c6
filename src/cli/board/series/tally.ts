import { hasBounds } from '../../../../exporters/reading/distribution.js';
import { FloatSum } from '../../../../exporters/reading/float-sum.js';
import { DistributionSum } from '../../../../exporters/reading/merge-distributions.js';
import { percentileIn } from '../../../../exporters/reading/percentile-of.js';
import type { Distribution } from '../../../../exporters/reports/distribution.js';
import { numberOf } from '../../../reading/summary/amount.js';
import { roundSum } from '../../../reading/summary/shown.js';
import type { Values } from '../../../reading/summary/values.js';
import type { Timings } from '../protocol.js';

/** The recorded numbers of one series in one step of time. */
export class Tally {
  readonly #amount = new FloatSum();
  count = 0;
  /** Of values; it, the least and the greatest are `NaN` where a report does not tell. */
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
    const distribution = this.#unknown ? undefined : distributionOf(this.#distribution);
    const range = { min: numberOf(min), max: numberOf(max) };
    const percentile = (p: number) =>
      distribution !== undefined && hasBounds(distribution)
        ? (percentileIn(distribution, p, range) ?? null)
        : null;
    return {
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
      mean: count > 0 && Number.isFinite(sum) ? roundSum(sum / count) : null,
      max: range.max ?? null,
    };
  }

  #addNumbers({ count, sum, min, max }: Omit<Values, 'distribution'>): void {
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
