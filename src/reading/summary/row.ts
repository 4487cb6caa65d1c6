import { asDistribution } from '../../../exporters/reading/distribution.js';
import { FloatSum } from '../../../exporters/reading/float-sum.js';
import { DistributionSum } from '../../../exporters/reading/merge-distributions.js';
import { reportsIn } from '../../../exporters/reading/sums.js';
import type { Report } from '../../../exporters/reports/report.js';
import { amountOf, numberOf } from './amount.js';
import { isError } from './errors.js';

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

const TIMINGS: ReadonlySet<string> = new Set(['timing', 'histogram']);

type Scalar = number | string | boolean;

/** Reports that are added up to one row of a summary. */
export class Row {
  readonly key: RowKey;
  reports = 0;
  #count = 0;
  #sum: FloatSum | undefined;
  #errors: FloatSum | undefined;
  min: number | undefined;
  max: number | undefined;
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
    return this.#sum?.value;
  }

  get errors(): number | undefined {
    return this.#errors?.value;
  }

  get distribution() {
    return this.withoutDistribution > 0 ? undefined : this.#distribution?.toDistribution();
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
    const fields = report.fields as Readonly<Record<string, unknown>> | undefined;
    if (TIMINGS.has(report.metric) && typeof fields?.count === 'number')
      return this.#addTiming(report, fields, fields.count);
    if (report.metric === 'counter') return this.#add(amountOf(report.value) ?? 0);
    return this.#addValue(report);
  }

  #addTiming(report: Report, fields: Readonly<Record<string, unknown>>, count: number): number {
    this.#count += count;
    const mean = numberOf(fields.mean);
    const sum = numberOf(fields.sum) ?? (mean === undefined ? undefined : mean * count);
    if (sum !== undefined) this.#add(sum);
    this.#widen(numberOf(fields.min), numberOf(fields.max));
    const distribution = asDistribution(report.distribution);
    if (distribution === undefined) this.withoutDistribution += 1;
    else this.#values().add(distribution);
    return count;
  }

  #add(value: number): number {
    this.#sum ??= new FloatSum();
    this.#sum.add(value);
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

  #widen(min: number | undefined, max: number | undefined): void {
    if (min !== undefined && !(min >= this.min!)) this.min = min;
    if (max !== undefined && !(max <= this.max!)) this.max = max;
  }
}

const isScalar = (value: unknown): value is Scalar | bigint =>
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  typeof value === 'bigint';
