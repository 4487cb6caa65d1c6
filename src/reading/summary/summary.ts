/** The summary of what was stored under one name, of one group, in one step. */
export interface Summary {
  /** The name of the reports. */
  readonly name: string;
  /** The metric's type: `counter`, `gauge`, `timing`, `histogram`, `event` or a custom one. */
  readonly metric: string;
  /** The unit of the values, where the reports name one. */
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
  /** The beginning of the step; without steps that of the whole range. */
  readonly time: Date;
  /**
   * The values of a timing, what was added to a counter, how often an event occurred; of a gauge
   * the number of its reports.
   */
  readonly count: number;
  /**
   * Of a timing the sum of its values, of a counter what was added; `undefined` where a timing's
   * report does not tell its sum, as `min`, `max` and `mean`.
   */
  readonly sum: number | undefined;
  /** `count` a second, over the step or the whole range; none of a gauge. */
  readonly rate: number | undefined;
  /** The least value of a timing or gauge. */
  readonly min: number | undefined;
  /** The greatest value of a timing or gauge. */
  readonly max: number | undefined;
  /** The mean of a timing's or gauge's values. */
  readonly mean: number | undefined;
  /**
   * By the share that was asked for, as `percentiles[0.95]`; `undefined` where they are unknown: a
   * report has no distribution, or the distributions do not add up.
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
