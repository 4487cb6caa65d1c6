/** Something that went wrong, or works again, as an operator is told of it. Holds no secrets. */
export interface Problem {
  /** The kind, stable over releases: `KANEDA_OUTAGE`. docs/problems.md lists all. */
  readonly code: string;
  /** A whole text: who tells it, what happened, what becomes of the reports, what to do. */
  readonly message: string;
  /** The store's or queue's address: `http://127.0.0.1:9200`. */
  readonly target?: string;
  /** The advice on the problem. */
  readonly remedy?: string;
  /** The error behind it, if there is one; its texts hold no secrets. */
  readonly cause?: Error;
}

/**
 * Takes problems instead of OpenTelemetry's `diag` and the process's warnings. What it throws is
 * ignored.
 */
export type OnProblem = (problem: Problem) => void;
