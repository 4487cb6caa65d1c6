/** What a store or queue answers to `kaneda check` beyond having taken a report. */
export interface Examination {
  /** Whether the report can be read back; undefined where that cannot be asked, as of a queue whose workers may have it already. */
  readonly found?: boolean;
  /** What an operator should know: a setting of the server that loses data, a right that is missing but can be done without. */
  readonly remarks: readonly string[];
}
