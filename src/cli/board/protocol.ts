/** The answers of the board's server to its page: plain data, as JSON. */

/** The lengths of time that the page can show. `all`: everything that a log file holds. */
export type Range = '15m' | '1h' | '6h' | '24h' | 'all';

/** The kinds of metric, which are drawn differently. `other`: a custom metric. */
export type Kind = 'counter' | 'timing' | 'gauge' | 'other';

/**
 * The way the series of a metric become lines: each its own, all as one, or one for each value of a
 * tag.
 */
export type By = 'each' | 'none' | 'instance' | `tag:${string}`;

/** The source of reports and the state of reading them. */
export interface SourceState {
  /** The store and its address, without secrets; `undefined`: there is none. */
  readonly name?: string;
  readonly state: 'none' | 'loading' | 'live' | 'failing';
  /** The reason and the remedy when it fails, or what to do when there is no source. */
  readonly problem?: string;
  /** Reports read so far. */
  readonly read: number;
  /** Milliseconds since the epoch, of the last reading that succeeded. */
  readonly readAt?: number;
  readonly ranges: readonly Range[];
}

/** The values of one line, by the time at which each step begins (milliseconds since the epoch). */
export interface LineData {
  readonly label: string;
  readonly times: readonly number[];
  /**
   * `amount` (added up in the step), or `value`, or `amount`, `p50`, `p95`, `p99`, `mean` and
   * `max`: one for each time; `null`: none.
   */
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A timing's: `null` is unknown, or there are none. In the unit of the values. */
export interface Timings {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

/** Numbers over all of the time that is shown. */
export interface Totals extends Partial<Timings> {
  readonly count: number;
  /** Per second. */
  readonly rate: number | null;
  /** The last values of a gauge's series: the least and the greatest of them. */
  readonly last?: readonly [number, number];
}

/** One metric: all series of one name, kind and unit. */
export interface MetricData {
  readonly id: number;
  readonly name: string;
  readonly metric: string;
  readonly kind: Kind;
  readonly unit?: string;
  readonly series: number;
  readonly choices: readonly By[];
  readonly by: By;
  readonly totals: Totals;
  readonly lines: readonly LineData[];
  /** Lines that are not among {@link lines}: added up in a last line, or for a gauge left out. */
  readonly folded: number;
}

/** An event, which is drawn as a mark. */
export interface EventData {
  readonly id: string;
  readonly time: number;
  readonly name: string;
  readonly text: string;
  readonly tags: string;
}

/** The answer of `/data`. */
export interface BoardData {
  /** Another epoch: nothing that was sent before holds. */
  readonly epoch: string;
  readonly revision: number;
  /** True: everything; false: what changed since the revision that was asked for. */
  readonly full: boolean;
  readonly source: SourceState;
  /** Milliseconds since the epoch: what is shown. */
  readonly from: number;
  readonly to: number;
  /** The time of the newest report, up to which amounts are complete; `null`: there is none. */
  readonly newest: number | null;
  /** Milliseconds between points. */
  readonly step: number;
  readonly metrics: readonly MetricData[];
  /** Oldest first. */
  readonly events: readonly EventData[];
  /** Reports that are not shown, because there are too many series. */
  readonly hidden: number;
}

/** A counter, level or state of a process. */
export interface CellData {
  readonly name: string;
  readonly kind: 'counter' | 'integer' | 'float' | 'state';
  /** A number, or a state's text. 64-bit numbers as text. */
  readonly value: string;
  /** A counter's growth per second. */
  readonly rate?: number;
  /** Milliseconds since the state was entered. */
  readonly lasts?: number;
}

/** The shares of a fork's time: parts of 1. */
export interface ForkData {
  readonly name: string;
  readonly branches: readonly { readonly name: string; readonly share: number }[];
}

/** The requests of one kind. */
export interface TrackerData {
  readonly name: string;
  readonly inProgress: string;
  /** Per second, since the last look; `undefined` at the first. */
  readonly requests?: number;
  readonly errors?: number;
  /** Milliseconds a request took; `undefined` when none ended. */
  readonly mean?: number;
}

/** A process that publishes cells. */
export interface ProcessData {
  readonly path: string;
  readonly pid?: number;
  readonly status: 'running' | 'stopped' | 'dead';
  readonly cells: readonly CellData[];
  readonly forks: readonly ForkData[];
  readonly trackers: readonly TrackerData[];
  /** Values that cannot be shown. */
  readonly skipped: number;
}

/** The answer of `/cells`. */
export interface CellsData {
  readonly processes: readonly ProcessData[];
  readonly unreadable: number;
}
