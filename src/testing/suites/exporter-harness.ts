import type { ExporterOptions, ReportExporter } from '../../../exporters/report-exporter.js';
import type { Report } from '../../../exporters/reports/report.js';

/** A report as it was found in the store; one id may be found more than once. */
export interface Found {
  /** The report's id. */
  readonly id: string;
  /** The report's name. */
  readonly name: string;
  /** The metric's type. */
  readonly metric: string;
  /** The report's value, if it has one. */
  readonly value?: unknown;
}

/** A report that this store refuses by itself, while its neighbours in the batch are fine. */
export interface BadReport {
  /** The reason of the refusal: `type conflict`, `text too long`. */
  readonly what: string;
  /** The same report with something in it that the store refuses. */
  spoil(report: Report): Report;
}

/** The cases of the suite that a harness may skip, each with its reason. */
export type ExporterCase =
  | 'redelivery'
  | 'partial rejection'
  | 'whole rejection'
  | 'down and up'
  | 'silent'
  | 'full outbox'
  | 'close at the deadline'
  | 'hostile values'
  | 'opentelemetry';

/**
 * The means by which `describeExporter` handles one store: a real server, or a stand-in within the
 * process. The store is empty after `start` and `clear`. Cases that need a method which is not
 * given are skipped, and say so.
 */
export interface ExporterHarness {
  /**
   * Before the first case. The argument is the runner's own: with mocha the context, whose `skip()`
   * skips all cases.
   */
  // biome-ignore lint/suspicious/noExplicitAny: every test runner has a context of its own, or none.
  start?(context: any): Promise<void>;
  /** After the last case. */
  stop?(): Promise<void>;
  /** Empties the store for the next case. It is up and answers. Called before each. */
  clear(): Promise<void>;
  /**
   * Makes an exporter on the store; the options are the suite's, all else is the harness's. The
   * suite shuts it down.
   */
  make(options: ExporterOptions): ReportExporter | Promise<ReportExporter>;
  /**
   * Reads everything in the store, repeats included. Those sent are given for a store that does not
   * keep the id as such.
   */
  stored(sent: readonly Report[]): Promise<readonly Found[]>;
  /** From now on connections are refused, or requests fail at once. */
  down?(): Promise<void>;
  /** From now on requests are taken and not answered. */
  silent?(): Promise<void>;
  /** Ends `down` and `silent`. Resolves once the store answers. */
  up?(): Promise<void>;
  /** Reports that the store refuses; default: none. */
  readonly bad?: readonly BadReport[];
  /** Cases that do not apply to this store, each with the reason, which the suite shows. */
  readonly skips?: Readonly<Partial<Record<ExporterCase, string>>>;
}

/** The arguments of a case. */
export interface ExporterSuite {
  readonly harness: ExporterHarness;
  make(options?: ExporterOptions): Promise<ReportExporter>;
}
