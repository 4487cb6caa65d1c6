import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { settlesWithin } from '../../exporters/timing/with-timeout.js';

/**
 * For so long a collection waits until few reports are left to be stored: what has left the cells
 * takes memory. Later it goes on as long as outboxes have room, so that the last numbers are read
 * soon after the end of their interval.
 */
const GENTLE_MS = 1_000;
/** An exporter that has not taken a part of a collection by then is no longer waited for. */
const EXPORT_TIMEOUT_MS = 30_000;
/** A wait looks so often whether it must end sooner. */
const LOOK_MS = 100;
/** The part of a close's time in which a collection may wait; the rest is for what it collected. */
const SHARE = 0.5;

/** The pace of collections: that of the stores, as far as there is time. */
export class Pace {
  readonly #exporters: readonly ReportExporter[];
  #begun = 0;
  #end = Number.POSITIVE_INFINITY;

  constructor(exporters: readonly ReportExporter[]) {
    this.#exporters = exporters;
  }

  /** Everything must be handed over within `ms` milliseconds: waits end in time for that. */
  endWithin(ms: number): void {
    this.#end = monotonic() + ms * SHARE;
  }

  /** Nothing must be left for a later collection, and nothing is waited for any more. */
  get isLate(): boolean {
    return monotonic() >= this.#end;
  }

  /** A collection begins. */
  begin(): void {
    this.#begun = monotonic();
  }

  /** Waits until more should be handed over. Never rejects. */
  async ease(): Promise<void> {
    const left = this.#begun + GENTLE_MS - monotonic();
    if (left <= 0) return;
    // An exporter of another version cannot tell.
    await this.hasEnded(
      Promise.all(this.#exporters.map((exporter) => exporter[INTERNALS].eased?.(left))),
    );
  }

  /** Waits for what exporters do; `false` where they need too long. Never rejects. */
  async hasEnded(work: Promise<unknown>): Promise<boolean> {
    const timeout = monotonic() + EXPORT_TIMEOUT_MS;
    do {
      if (await settlesWithin(this.isLate ? 0 : LOOK_MS, work)) return true;
    } while (monotonic() < timeout && !this.isLate);
    return false;
  }
}
