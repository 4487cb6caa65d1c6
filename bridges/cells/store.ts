import type { Cell } from './cell.js';
import type { HistogramCell } from './series/exponential-histogram.js';
import type { Gains } from './series/gains.js';
import type { CellProblem } from './tell-problem.js';

/** The value of one tag. `1`, `'1'` and `true` are three values. */
export type TagValue = string | number | boolean;

/**
 * A call's tags: a record (key order does not matter) or a list (a set: order and repeats do not
 * matter).
 */
export type Tags = readonly string[] | Readonly<Record<string, TagValue>>;

/**
 * The kind of data that a store of series keeps for each name. A sum is added to, a gauge is set, a
 * histogram records.
 */
export type FamilyKind = 'sum' | 'gauge' | 'histogram';

/**
 * The rule for a tag set that is seen for the first time. Called on the slow path only (a series
 * that exists is found without it), but again for each call that it refuses, so that each can be
 * counted.
 */
export interface TagPolicy {
  /**
   * The tags to keep: the same object if nothing is wrong with it, a corrected copy (plain object
   * or array), or `undefined` when the call is refused. May throw for hostile objects (getters,
   * proxies): that is a refusal too, reported to `failed`.
   */
  admit(tags: Tags): Tags | undefined;
  /**
   * True if `admit` would keep this value as it is, under any key. Asked before an unknown value is
   * folded without a closer look.
   */
  keeps(value: unknown): boolean;
  /**
   * Takes the error of tags that threw when they were read (a getter, a proxy). The call is
   * refused.
   */
  failed?(error: unknown): void;
}

/** The description of a family for those who read its numbers. */
export interface Description {
  /** The unit of the values: `s`, `ms`, `By`. */
  unit?: string;
  /** The meaning of the numbers, in words. */
  description?: string;
  /** A sum that is never taken off from. */
  monotonic?: boolean;
  /** Boundaries of the buckets of a histogram, where it is shown with explicit ones. */
  buckets?: readonly number[];
}

/**
 * The treatment of a family's tags. The first call that names a family decides; later options for
 * the same family are not looked at.
 */
export interface FamilyOptions extends Description {
  /** The rule for tags that are seen for the first time. Default: all tags are taken. */
  policy?: TagPolicy;
  /** Distinct values of one tag key before that key folds into `__other__`; default 1,000. */
  tagLimit?: number;
  /**
   * Distinct lists of tags before further ones fold into the list `['__other__']`; default 1,000.
   */
  listLimit?: number;
  /**
   * Milliseconds without a call after which a series leaves; default: never. Checked when an
   * observer collects.
   */
  forgetAfter?: number;
  /**
   * Takes the family's problems (a tag with too many values) instead of OpenTelemetry's `diag` and
   * the process's warnings.
   */
  onProblem?: (problem: CellProblem) => void;
}

/**
 * All series of one kind and name. `find` and the recording methods neither allocate nor build
 * strings for a series that exists, throw nothing, and answer `false` (or -1) when the policy
 * refuses the tags.
 */
export interface Family {
  /** The kind of its series. */
  readonly kind: FamilyKind;
  /** The name that all its series have. */
  readonly name: string;
  /** The unit of its values, if it was described: `s`, `By`. */
  readonly unit: string | undefined;
  /** The meaning of its numbers in words, if it was described. */
  readonly description: string | undefined;
  /**
   * Completes the description of the family; what is set already stays. Answers what stands in the
   * way, in words, if something does.
   */
  describe(description: Description): string | undefined;
  /** The number of series. */
  readonly size: number;
  /** Milliseconds since the epoch: the start time of cumulative points. */
  readonly since: number;
  /**
   * The time at which the series in `slot` began, in milliseconds since the epoch: later than the
   * family only if another series had the slot before.
   */
  startOf(slot: number): number;
  /**
   * The slot of the series with these tags, made if need be; -1 if refused. A slot is good as long
   * as `releases` stays the same.
   */
  find(tags?: Tags): number;
  /** The number of slots that were taken back so far: those of series that are gone. */
  readonly releases: number;
  /**
   * The series leaves: every observer exports it once more, then it is forgotten. A call in between
   * keeps it. No such series: nothing.
   */
  remove(tags?: Tags): void;
  /**
   * Calls `visit` for each series, with attributes made for it (a list of tags is the one attribute
   * `tags`). Gives control back after every few series, so that the caller can let the event loop
   * run; series may come and go meanwhile, none is visited twice.
   */
  walk(visit: (slot: number, attributes: SeriesAttributes) => void): Generator<void, void, void>;
}

/** A series' tags as OpenTelemetry attributes. */
export type SeriesAttributes = Record<string, TagValue | string[]>;

/** The amount that a counter's handle has kept for itself and not added to the sum yet. */
export interface PendingSum {
  /** Adds it to the sum, and begins again at nothing. */
  addDeferred(): void;
}

/** Sums: one double a series. */
export interface SumFamily extends Family {
  /** Always `sum`. */
  readonly kind: 'sum';
  /** True if the sum was described as one that only grows. */
  readonly monotonic: boolean;
  /**
   * To be asked before something is taken off: `false` for a monotonic sum. One that was taken off
   * from cannot become monotonic.
   */
  falls(): boolean;
  /** Adds to the series with these tags. Answers `false` if the tags are refused. */
  add(tags: Tags | undefined, by: number): boolean;
  /** Adds to the series in a slot that is good. */
  addAt(slot: number, by: number): void;
  /**
   * Adds `pending` before the sums are read the next time, once. `false`: it cannot wait, the
   * sums are read from outside at any time.
   */
  defer(pending: PendingSum): boolean;
  /** Adds everything that was deferred. */
  addDeferred(): void;
  /** The total, since the series began. */
  value(slot: number): number;
  /**
   * Counts in `gains` all that is added, what the sums are now first, until the function that is
   * returned is called.
   */
  trackGains(gains: Gains): () => void;
}

/** Gauges: one double a series, the last one set. */
export interface GaugeFamily extends Family {
  /** Always `gauge`. */
  readonly kind: 'gauge';
  /** Sets the series with these tags. Answers `false` if the tags are refused. */
  set(tags: Tags | undefined, value: number): boolean;
  /** Sets the series in a slot that is good. */
  setAt(slot: number, value: number): void;
  /** The number of the series in `slot`. */
  value(slot: number): number;
}

/** Histograms of values of 0 or more: an exponential histogram a series. */
export interface HistogramFamily extends Family {
  /** Always `histogram`. */
  readonly kind: 'histogram';
  /** Boundaries of explicit buckets, if they were described. */
  readonly buckets: readonly number[] | undefined;
  /**
   * Records a value in the series with these tags. Answers `false` if the tags are refused, and for
   * values that are not finite or below 0.
   */
  record(tags: Tags | undefined, value: number): boolean;
  /** Records a finite value of 0 or more in the series in a slot that is good. */
  recordAt(slot: number, value: number): void;
  /** A reader of its own place: what one reader takes is kept for the others. */
  open(options: { cumulative: boolean }): HistogramReader;
  /**
   * From here on each recorded value is handed to `sink` too, at the call. `backlog` gives what was
   * recorded before, unless readers take it: the values themselves while they are few, else values
   * made from the histogram's buckets, with count, sum, min and max kept.
   */
  forward(sink: ValueSink): {
    backlog: Iterable<readonly [value: number, attributes: SeriesAttributes]>;
    stop(): void;
  };
}

/** Takes single values. What it throws is dropped. `attributes` are shared: not to be changed. */
export type ValueSink = (value: number, attributes: SeriesAttributes) => void;

/** Reads the histograms of a family. */
export interface HistogramReader {
  /**
   * Calls `read` with what was recorded in the series: since the last `take`, or, cumulative, since
   * the reader was opened or (the first one) since the family began. Not called when there is
   * nothing. The cell is good during the call only.
   */
  take(slot: number, read: (cell: HistogramCell) => void): void;
  /** Ends the reading: nothing more is kept for this reader. */
  close(): void;
}

/** A family of any kind. */
export type AnyFamily = SumFamily | GaugeFamily | HistogramFamily;

/**
 * Somebody who shows a store's numbers elsewhere. Told at once of everything there is, later of
 * everything new. A series that leaves is kept until every observer has called `collected` on its
 * subscription after having shown it.
 */
export interface CellObserver {
  /** Only listens: series that leave do not wait for it. */
  readonly listens?: true;
  /** Takes a family: each that is there, then each new one. */
  family?(family: AnyFamily): void;
  /** The description of the family has more. `false`: too late, it is shown otherwise. */
  described?(family: AnyFamily, what: readonly (keyof Description)[]): boolean;
  /** Takes a cell: each that is there, then each new one. */
  cell?(cell: Cell): void;
  /** The series is gone; its slot may be given to another. */
  released?(family: AnyFamily, slot: number): void;
}

/** An observer's place in a store. */
export interface Subscription {
  /**
   * Says that a collection begins at `now` (`monotonic()` for all observers): series idle for
   * longer than `forgetAfter` begin to leave.
   */
  collecting(now: number): void;
  /**
   * Says that everything that was there at the last `collecting` was shown: what was leaving then
   * may go.
   */
  collected(): void;
  /** The observer wants to know nothing more. */
  stop(): void;
}

/**
 * The place of numbers: single cells of Cantal's kinds, and families of Kaneda's series.
 * Single-threaded: one writer, the thread that made it. Nothing in it starts a timer or does I/O on
 * the way of a recording call.
 */
export interface CellStore {
  /** Single cells, in the order they were added. */
  readonly cells: Iterable<Cell>;
  /** Families, in the order they appeared. */
  readonly families: Iterable<AnyFamily>;
  /**
   * Gives a cell its place here. Throws `DuplicateValueError` if a cell with the same dimensions,
   * of whatever kind, is here already.
   */
  add(cell: Cell): void;
  /**
   * The family of that kind and name, made at the first call. A sum, a gauge and a histogram of one
   * name are three families.
   */
  family(kind: 'sum', name: string, options?: FamilyOptions): SumFamily;
  family(kind: 'gauge', name: string, options?: FamilyOptions): GaugeFamily;
  family(kind: 'histogram', name: string, options?: FamilyOptions): HistogramFamily;
  /**
   * Shows the store to an observer: all there is at once, and what comes later. Returns the
   * observer's place, which ends it.
   */
  observe(observer: CellObserver): Subscription;
}
