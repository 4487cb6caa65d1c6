import { explain } from '../diagnostics/explain.js';
import { cleanError } from '../diagnostics/secrets.js';
import { ImproperlyConfiguredError } from '../errors.js';
import type { OnProblem } from '../problems/problem.js';
import type { ReadQuery } from '../reading/query.js';
import { readStored } from '../reading/read-stored.js';
import type { Report } from '../reports/report.js';
import type { Examination } from '../setup/examination.js';
import { keepProcessAliveFor } from '../timing/keep-alive.js';
import type { Assembly } from './assemble.js';
import { type DeliverContext, writeDirectly } from './direct-write.js';
import type { Ending } from './ending.js';
import type { Outcome, WriteContext } from './store.js';

/**
 * The key of what an exporter offers to this package alone: the same in every copy of the package
 * that a program has loaded.
 */
export const INTERNALS: unique symbol = Symbol.for('kaneda-otel.exporter.1') as never;

/** The methods of an exporter for `Metrics`, `Worker` and `kaneda check`, not for its users. */
export interface ExporterInternals {
  /** Takes this exporter's problems, if something was given that does. */
  readonly onProblem: OnProblem | undefined;
  /** Bytes of the longest text that is kept whole. */
  readonly textLimit: number;
  /**
   * One more uses this exporter. Its `onProblem` takes the problems of an exporter that was not
   * given one itself.
   */
  attach(user?: { readonly onProblem?: OnProblem | undefined }): void;
  /**
   * Removes one user. The last one to leave shuts the exporter down; earlier ones only flush. Never
   * rejects.
   */
  detach(deadline?: { readonly timeout?: number }): Promise<void>;
  /**
   * Puts ready, valid reports into the outbox. Never throws and never waits; after shutdown they
   * are counted as dropped.
   */
  accept(reports: readonly Report[]): void;
  /**
   * Waits, at most `ms` milliseconds, until few reports are left in the outbox, or for nothing
   * while the store takes none: who has many more should hand them over then.
   */
  eased(ms: number): Promise<void>;
  /**
   * Writes reports at once, past the outbox: for a worker, whose queue keeps them until it knows.
   * Connects when needed, holds the write's deadline, narrows down what the store refuses. Never
   * rejects: what could not be written is `retry`, and the exporter's `fault` says why. Counted in
   * the ledger when stored or rejected.
   */
  deliver(reports: readonly Report[], context?: DeliverContext): Promise<readonly Outcome[]>;
  /**
   * Connects and creates what the store needs, now instead of at the first write.
   * @throws the error that prevents it. */
  setup(context: WriteContext): Promise<void>;
  /**
   * Asks the store, without writing anything, whether it would take reports.
   * @returns remarks for the operator.
   * @throws the error that prevents it, with its remedy and without secrets.
   */
  look(context: WriteContext): Promise<readonly string[]>;
  /**
   * The stored reports, oldest first, in pages.
   * @throws ImproperlyConfiguredError where the store cannot be read, a right is missing, or
   * nothing has the name in the options.
   */
  readStored(query: ReadQuery): AsyncGenerator<readonly Report[], void>;
  /**
   * Looks for a report that was just delivered, and for what an operator should know of the store.
   */
  examine(report: Report, context: WriteContext): Promise<Examination>;
}

/** The store's own methods, which do the work. */
interface Methods extends Pick<ExporterInternals, 'setup' | 'examine'> {
  probe(context: WriteContext): Promise<readonly string[]>;
  /** Undefined where the store has no reader. */
  pages(query: ReadQuery): AsyncIterable<readonly Report[]> | undefined;
}

/**
 * Joins an exporter's parts to what this package does with it.
 * @param batchSize reports a direct write, at most.
 * @param methods the store's own.
 */
export function internalsOf(
  parts: Assembly,
  ending: Ending,
  batchSize: number,
  methods: Methods,
): ExporterInternals {
  const { callers, ease, problems, receiver, secrets, writer } = parts;
  return {
    setup: methods.setup,
    examine: methods.examine,
    async look(context) {
      try {
        return await keepProcessAliveFor(methods.probe(context));
      } catch (error) {
        throw cleanError(explain(error), secrets());
      }
    },
    readStored(query) {
      const pages = methods.pages(query);
      if (pages === undefined)
        throw new ImproperlyConfiguredError(
          `${parts.name} has no reader: read the store with its own client, or override pages()`,
        );
      return readStored(pages, query, { callStore: writer.callStore, secrets: secrets() });
    },
    attach({ onProblem } = {}) {
      callers.attach();
      problems.onProblem = onProblem;
    },
    detach: (deadline = {}) => ending.detach(deadline),
    accept: (reports) => receiver.accept(reports),
    eased: (ms) => ease.wait(ms),
    deliver: (reports, context) => writeDirectly(parts, reports, batchSize, context),
    textLimit: parts.texts.bytes,
    get onProblem() {
      return problems.onProblem;
    },
  };
}

/** An exporter, as this package sees it. */
export interface WithInternals {
  readonly [INTERNALS]: ExporterInternals;
}

/**
 * True for an exporter or queue of this package, from any copy of it, or one that extends its
 * classes.
 */
export const isExporter = (value: unknown): value is WithInternals =>
  typeof value === 'object' && value !== null && INTERNALS in value;
