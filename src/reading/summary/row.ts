import { hasBounds } from '../../../exporters/reading/distribution.js';
import { FloatSum } from '../../../exporters/reading/float-sum.js';
import { DistributionSum } from '../../../exporters/reading/merge-distributions.js';
import { reportsIn } from '../../../exporters/reading/sums.js';
import type { Distribution } from '../../../exporters/reports/distribution.js';
import type { Report } from '../../../exporters/reports/report.js';
import { amountOf, numberOf } from './amount.js';
import { isError } from './errors.js';
import { TIMINGS, type Values, valuesOf } from './values.js';

/** The key that tells the rows of a summary apart. */
export interface RowKey {
  readonly name: string;
  readonly metric: string;
  readonly unit: string | undefined;
  readonly group: Readonly<Record<string, string | number | boolean>>;
  /** Of a gauge: whose value it is. */
  readonly instance: string | undefined;
  /** Milliseconds since 1970 at which the row's step begins; `undefined` without steps. */
  readonly start: number | undefined;
}

type Scalar = number | string | boolean;

/** Reports that are added up to one row of a summary. */
export class Row {
  readonly key: RowKey;
  reports = 0;
  #count = 0;
  #sum: FloatSum | undefined;
  /** The values that `#sum` is made of: those that are numbers. */
  #summed = 0;
  #errors: FloatSum | undefined;
  /** `NaN` where a report does not tell. */
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  last: Scalar | undefined;
  /** Timings without a distribution, so that the percentiles of the whole are unknown. */
  withoutDistribution = 0;
  #distribution: DistributionSum | undefined;
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(key: RowKey) {
    this.key = key;
  }

  get count(): number {
    return this.key.metric === 'counter' ? (this.sum ?? 0) : this.#count;
  }

  get sum(): number | undefined {
    const sum = this.#sum?.value;
    return sum === undefined || Number.isNaN(sum) ? undefined : sum;
  }

  get mean(): number | undefined {
    const { sum } = this;
    return sum === undefined || this.#summed === 0 ? undefined : sum / this.#summed;
  }

  get min(): number | undefined {
    return numberOf(this.#min);
  }

  get max(): number | undefined {
    return numberOf(this.#max);
  }

  get errors(): number | undefined {
    return this.#errors?.value;
  }

  /** The distribution that percentiles can be had from. */
  get distribution(): Distribution | undefined {
    if (this.withoutDistribution > 0) return undefined;
    const distribution = this.#distribution?.toDistribution();
    return distribution !== undefined && hasBounds(distribution) ? distribution : undefined;
  }

  add(report: Report): void {
    this.reports += reportsIn(report);
    const count = this.#take(report);
    const failed = isError(report.tags);
    if (failed === undefined) return;
    this.#errors ??= new FloatSum();
    if (failed) this.#errors.add(count);
  }

  /** Adds the values of a report. Returns how much it counts. */
  #take(report: Report): number {
    const values = TIMINGS.has(report.metric) ? valuesOf(report) : undefined;
    if (values !== undefined) return this.#addValues(values);
    if (report.metric === 'counter') return this.#add(amountOf(report.value) ?? 0);
    return this.#addValue(report);
  }

  #addValues({ count, sum, min, max, distribution }: Values): number {
    this.#count += count;
    this.#add(sum, count);
    this.#widen(min, max);
    if (distribution !== undefined) this.#values().add(distribution);
    else if (count > 0) this.withoutDistribution += 1;
    return count;
  }

  /** Adds a value, or the sum of several. */
  #add(value: number, values = 1): number {
    this.#sum ??= new FloatSum();
    this.#sum.add(value);
    this.#summed += values;
    return value;
  }

  #addValue({ metric, value, timestamp }: Report): number {
    this.#count += 1;
    const number = metric === 'gauge' ? amountOf(value) : numberOf(value);
    if (number !== undefined) {
      this.#widen(number, number);
      this.#add(number);
    }
    if (TIMINGS.has(metric)) this.#observe(number);
    else if (isScalar(value) && timestamp.getTime() >= this.#lastTime) {
      this.last = number ?? (value as Scalar);
      this.#lastTime = timestamp.getTime();
    }
    return 1;
  }

  /** One value of a timing that was not aggregated. */
  #observe(value: number | undefined): void {
    if (value === undefined || value < 0) this.withoutDistribution += 1;
    else this.#values().record(value);
  }

  #values(): DistributionSum {
    this.#distribution ??= new DistributionSum();
    return this.#distribution;
  }

  #widen(min: number, max: number): void {
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
  }
}

const isScalar = (value: unknown): value is Scalar | bigint =>
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  typeof value === 'bigint';
