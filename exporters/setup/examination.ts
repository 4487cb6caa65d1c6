/** The answer of a store or queue to `kaneda check`, beyond having taken a report. */
export interface Examination {
  /**
   * True if the report can be read back; undefined where that cannot be asked, as of a queue whose
   * workers may have it already.
   */
  readonly found?: boolean;
  /**
   * Remarks for the operator: a setting of the server that loses data, a right that is missing but
   * can be done without.
   */
  readonly remarks: readonly string[];
}
