import type { Report } from '../reports/report.js';

/**
 * The whereabouts of everything that was recorded. At every moment `accepted` = `stored` +
 * `pending` + all of `rejected` + all of `dropped`.
 */
export interface Ledger {
  /** Reports made. */
  accepted: number;
  /** Acknowledged by the store. */
  stored: number;
  /** In the outbox. */
  pending: number;
  /** Never to be stored, by reason: the store refused the report, or no store could hold it. */
  rejected: Record<string, number>;
  /** Given up by us, by reason: the outbox was full, the deadline at close passed. */
  dropped: Record<string, number>;
  /** Calls that never became a report, by reason. An exporter has none. */
  refused: Record<string, number>;
  /**
   * Texts that were cut because they were longer than `textLimit`; missing while there are none.
   */
  cut?: number;
}

/** Different reasons that are kept apart; more are counted as `other`. */
const MAX_REASONS = 100;
const MAX_REASON_CHARACTERS = 200;

/** Cuts the store's reason to what a message or the ledger keeps of it. */
export const shortenReason = (reason: string): string =>
  reason.length > MAX_REASON_CHARACTERS ? `${reason.slice(0, MAX_REASON_CHARACTERS)}…` : reason;

/** The ledger with the number of texts that were cut added to it. */
export function withCuts(ledger: Ledger, cuts: number | undefined = 0): Ledger {
  return cuts === 0 ? ledger : { ...ledger, cut: (ledger.cut ?? 0) + cuts };
}

/** Counts by reason. */
export class Reasons {
  readonly #counts = new Map<string, number>();

  /** @returns true if the reason is new. */
  add(reason: string, count = 1): boolean {
    let key = shortenReason(reason);
    if (!this.#counts.has(key) && this.#counts.size >= MAX_REASONS) key = 'other';
    const before = this.#counts.get(key);
    this.#counts.set(key, (before ?? 0) + count);
    return before === undefined;
  }

  total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** A copy as a plain object; safe for any reason, `__proto__` too. */
  toObject(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }
}

/** The signal of a report in OpenTelemetry. */
export type Signal = 'metric_data_point' | 'log';

/**
 * The signal of a report that came out of a queue, by its id: the ids of data points are UUIDs of
 * version 8. Where a report is made, its signal is known.
 */
export const signalOf = (report: Report): Signal =>
  report.id.charCodeAt(14) === 0x38 && report.id.length === 36 ? 'metric_data_point' : 'log';

/** The running counts of one signal. */
export interface Tally {
  accepted: number;
  stored: number;
  pending: number;
  readonly failed: Reasons;
}

/** An exporter's running ledger. */
export class Counts {
  readonly signals: Readonly<Record<Signal, Tally>> = { metric_data_point: tally(), log: tally() };
  readonly #rejected = new Reasons();
  readonly #dropped = new Reasons();
  readonly #refused: (reason: string, name: string | undefined) => void;

  /**
   * @param refused called with each new reason for a rejection, and the name of its first report.
   */
  constructor(refused: (reason: string, name: string | undefined) => void = () => {}) {
    this.#refused = refused;
  }

  /** Reports came into the outbox. */
  accept(signal: Signal, count = 1): void {
    const counts = this.signals[signal];
    counts.accepted += count;
    counts.pending += count;
  }

  /** A report left the outbox for the store. */
  store(signal: Signal): void {
    const counts = this.signals[signal];
    counts.pending -= 1;
    counts.stored += 1;
  }

  /** A report left the outbox because it can never be stored. */
  reject(signal: Signal, reason: string, name?: string): void {
    if (this.#fail(signal, this.#rejected, reason)) this.#refused(reason, name);
  }

  /** A report left the outbox because we gave it up. */
  drop(signal: Signal, reason: string): void {
    this.#fail(signal, this.#dropped, reason);
  }

  /** Something could not become a report at all. */
  rejectUnmade(signal: Signal, reason: string): void {
    this.signals[signal].accepted += 1;
    this.signals[signal].pending += 1;
    this.reject(signal, reason);
  }

  ledger(): Ledger {
    const { metric_data_point: points, log } = this.signals;
    return {
      accepted: points.accepted + log.accepted,
      stored: points.stored + log.stored,
      pending: points.pending + log.pending,
      rejected: this.#rejected.toObject(),
      dropped: this.#dropped.toObject(),
      refused: {},
    };
  }

  #fail(signal: Signal, reasons: Reasons, reason: string): boolean {
    this.signals[signal].pending -= 1;
    this.signals[signal].failed.add(reason);
    return reasons.add(reason);
  }
}

function tally(): Tally {
  return { accepted: 0, stored: 0, pending: 0, failed: new Reasons() };
}
