import type { Outcome, WriteContext } from '../../exporters/delivery/store.js';
import {
  type ExporterDefaults,
  type ExporterOptions,
  ReportExporter,
} from '../../exporters/report-exporter.js';
import type { Report } from '../../exporters/reports/report.js';

/** A store within the process that does what it is told: keeps reports by id, fails, keeps silent. */
export class ScriptedStore {
  readonly reports = new Map<string, Report>();
  /** Each write's reports, whatever became of them. */
  readonly writes: (readonly Report[])[] = [];
  state: 'up' | 'down' | 'silent' = 'up';
  connects = 0;
  disconnects = 0;
  /** Writes under way at once, at most so far. */
  overlap = 0;
  #under = 0;

  /** Instead of storing all. */
  answer:
    | ((
        reports: readonly Report[],
        context: WriteContext,
      ) => Promise<undefined | readonly Outcome[]>)
    | undefined;

  async write(
    reports: readonly Report[],
    context: WriteContext,
  ): Promise<undefined | readonly Outcome[]> {
    this.writes.push(reports);
    this.#under += 1;
    this.overlap = Math.max(this.overlap, this.#under);
    try {
      if (this.answer !== undefined) return await this.answer(reports, context);
      await this.#turn(context.signal);
      return this.keep(reports);
    } finally {
      this.#under -= 1;
    }
  }

  /** Values that are `bad` are refused one by one. */
  keep(reports: readonly Report[]): undefined | readonly Outcome[] {
    const outcomes = reports.map((report): Outcome => {
      if (report.value === 'bad') return { rejected: 'bad value' };
      if (!this.reports.has(report.id)) this.reports.set(report.id, report);
      return 'stored';
    });
    return outcomes.every((outcome) => outcome === 'stored') ? undefined : outcomes;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.state === 'down')
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    if (this.state === 'silent')
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
  }
}

/** An exporter on a scripted store. */
export class ScriptedExporter extends ReportExporter {
  readonly store: ScriptedStore;

  constructor(
    store = new ScriptedStore(),
    options: ExporterOptions = {},
    defaults: ExporterDefaults = {},
  ) {
    super(options, { defaults });
    this.store = store;
  }

  protected override async connect(): Promise<void> {
    this.store.connects += 1;
  }

  protected write(
    reports: readonly Report[],
    context: WriteContext,
  ): Promise<undefined | readonly Outcome[]> {
    return this.store.write(reports, context);
  }

  protected override async disconnect(): Promise<void> {
    this.store.disconnects += 1;
  }
}
