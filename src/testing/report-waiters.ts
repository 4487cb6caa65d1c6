import { DeadlineError } from '../../exporters/errors.js';
import type { Report } from '../../exporters/reports/report.js';
import { systemClock } from '../../exporters/timing/clock.js';
import { timeoutOf } from '../../exporters/timing/timeout-of.js';

/** Tells whether a report is one that is waited for. */
export type ReportTest = (report: Report) => boolean;

/** The time and the number of reports that a test waits for. */
export interface WaitOptions {
  /** Reports that must be there; default 1. */
  count?: number;
  /** Milliseconds; default 5,000. */
  timeout?: number;
}

const WAIT_TIMEOUT_MS = 5_000;
/** Names that a message lists. */
const NAMES_SHOWN = 20;

/** The tests that wait for reports in a store. */
export class ReportWaiters {
  readonly #reports: ReadonlyMap<string, Report>;
  readonly #looks = new Set<() => void>();

  constructor(reports: ReadonlyMap<string, Report>) {
    this.#reports = reports;
  }

  /**
   * Resolves with the matching reports once there are enough.
   * @throws DeadlineError, and what `test` throws.
   */
  wait(test: ReportTest, what: string, options: WaitOptions): Promise<readonly Report[]> {
    const { count = 1 } = options;
    const timeout = timeoutOf(options, WAIT_TIMEOUT_MS);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        this.#looks.delete(look);
        settle();
      };
      const look = (): void => {
        try {
          const found = this.#matching(test);
          if (found.length >= count) end(() => resolve(found));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const expired = () => end(() => reject(this.#tooLate(test, what, count, timeout)));
      const timer = systemClock.after(timeout, expired, { keepAlive: true });
      this.#looks.add(look);
      look();
    });
  }

  /** More reports are there. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }

  #matching(test: ReportTest): Report[] {
    return [...this.#reports.values()].filter((report) => test(report));
  }

  #tooLate(test: ReportTest, what: string, count: number, timeout: number): DeadlineError {
    const found = this.#matching(test).length;
    return new DeadlineError(
      `After ${timeout} ms ${found} of ${count} reports ${what} are stored. Stored are: ${this.#names()}. Call await metrics.flush() first, or give Metrics a short exportInterval.`,
    );
  }

  #names(): string {
    const counts = new Map<string, number>();
    for (const { name } of this.#reports.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    const names = [...counts].map(([name, count]) => `${JSON.stringify(name)} (${count})`);
    if (names.length === 0) return 'none';
    return `${names.slice(0, NAMES_SHOWN).join(', ')}${names.length > NAMES_SHOWN ? ', …' : ''}`;
  }
}
