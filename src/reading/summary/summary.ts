/** The summary of what was stored under one name, of one group, in one step. */
export interface Summary {
  readonly name: string;
  /** The metric's type: `counter`, `gauge`, `timing`, `histogram`, `event` or a custom one. */
  readonly metric: string;
  readonly unit: string | undefined;
  /**
   * The values of the tags that were grouped by; a tag that the reports do not have is left out.
   */
  readonly group: Readonly<Record<string, string | number | boolean>>;
  /**
   * Of a gauge: the process, or where it is not known the host, whose value it is. Each has a row
   * of its own.
   */
  readonly instance: string | undefined;
  /** When the step began; without steps when the whole range began. */
  readonly time: Date;
  /**
   * The values of a timing, what was added to a counter, how often an event occurred; of a gauge
   * the number of its reports.
   */
  readonly count: number;
  /** Of a timing the sum of its values, of a counter what was added. */
  readonly sum: number | undefined;
  /** `count` a second, over the step or the whole range; none of a gauge. */
  readonly rate: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly mean: number | undefined;
  /**
   * By the share that was asked for, as `percentiles[0.95]`; `undefined` where they are unknown: a
   * report has no distribution.
   */
  readonly percentiles: Readonly<Record<number, number>> | undefined;
  /** The latest value of a gauge, text of an event or value of a custom metric. */
  readonly last: number | string | boolean | undefined;
  /**
   * The part of `count` that failed, where tags say so: a `status` of 500 or more, or an `error`.
   */
  readonly errors: number | undefined;
  /** The number of reports that this was made of. */
  readonly reports: number;
  /** The number of those that hold values and no distribution. */
  readonly withoutDistribution: number;
}
