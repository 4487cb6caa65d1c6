import type { Outcome, WriteContext } from '../../exporters/delivery/store.js';
import { type ExporterOptions, ReportExporter } from '../../exporters/report-exporter.js';
import type { Report } from '../../exporters/reports/report.js';
import { anything, assertOptions, rules } from '../../exporters/setup/option-rules.js';
import { untilAborted } from '../../exporters/timing/until-aborted.js';
import { type ReportTest, ReportWaiters, type WaitOptions } from './report-waiters.js';

/**
 * A store in memory, for tests: it keeps each report once, in the order in which they came. It
 * serves as `backend` of a `Metrics`, of a `Worker`, and as exporter of OpenTelemetry's readers and
 * processors.
 */
export class InMemoryExporter extends ReportExporter {
  /**
   * The behaviour of the store: `up` stores, `down` fails each write at once, `silent` never
   * answers. Default `up`.
   */
  state: 'up' | 'down' | 'silent' = 'up';
  /**
   * Gives the reason for which the store refuses a report; `undefined` takes it. Default: all are
   * taken.
   */
  refuses: (report: Report) => string | undefined = () => undefined;
  #writes = 0;
  readonly #kept = new Map<string, Report>();
  readonly #waiters = new ReportWaiters(this.#kept);

  /** @throws SettingsError for faulty options. */
  constructor(options: ExporterOptions = {}) {
    super(options, { name: 'InMemoryExporter' });
  }

  /** The reports that are stored, each once, in the order in which they came. A copy. */
  get reports(): readonly Report[] {
    return [...this.#kept.values()];
  }

  /** The number of writes so far, those that failed too. */
  get writes(): number {
    return this.#writes;
  }

  /** The stored reports of this name, in the order in which they came. */
  byName(name: string): readonly Report[] {
    return this.reports.filter((report) => report.name === name);
  }

  /**
   * Resolves with all stored reports that match, as soon as there are as many as wanted; those that
   * are there already count. It starts nothing: `await metrics.flush()`, or a short
   * `exportInterval`, brings numbers here. Fake timers do not stop it.
   * @param wanted a report's name, or a function that tells which reports match.
   * @param options.count how many; default 1.
   * @param options.timeout milliseconds; default 5,000.
   * @throws DeadlineError that tells which reports are there instead, and what `wanted` throws;
   * SettingsError for faulty options, TypeError for something other than a name or a function.
   */
  async waitFor(
    wanted: string | ReportTest,
    options: WaitOptions = {},
  ): Promise<readonly Report[]> {
    assertOptions('waitFor', options, { count: rules.count, timeout: anything });
    if (typeof wanted !== 'string' && typeof wanted !== 'function')
      throw new TypeError('waitFor() takes the name of reports, or a function that tests them.');
    const test = typeof wanted === 'string' ? ({ name }: Report) => name === wanted : wanted;
    const what = typeof wanted === 'string' ? `named ${JSON.stringify(wanted)}` : 'that match';
    return this.#waiters.wait(test, what, options);
  }

  /**
   * Forgets the stored reports. What is still on its way comes later: `await metrics.flush()`
   * first.
   */
  clear(): void {
    this.#kept.clear();
  }

  protected async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    this.#writes += 1;
    if (this.state === 'down') throw new Error('the store is down');
    if (this.state === 'silent') await untilAborted(new Promise<never>(() => undefined), signal);
    const outcomes = reports.map((report) => this.#keep(report));
    this.#waiters.look();
    return outcomes;
  }

  #keep(report: Report): Outcome {
    const reason = this.refuses(report);
    if (reason !== undefined) return { rejected: reason };
    if (!this.#kept.has(report.id)) this.#kept.set(report.id, report);
    return 'stored';
  }
}
