import { resolve } from 'node:path';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import { nearlySorted } from '../../reading/nearly-sorted.js';
import type { ReadQuery } from '../../reading/query.js';
import { ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import type { Examination } from '../../setup/examination.js';
import { registerTarget } from '../../setup/registry.js';
import { setImmediate } from '../../timing/real-timers.js';
import { toDocument, toLine } from './documents.js';
import { type Line, LineFile } from './file.js';
import { toKanedaLine, toKanedaPayload } from './kaneda-line.js';
import { type LoggerExporterOptions, OPTION_RULES, optionFaults, targetOf } from './options.js';
import { classifyFailure } from './outcomes.js';
import { assertWritable } from './probe.js';
import { hasLine, readLogFile } from './reader.js';

export type { LoggerExporterOptions } from './options.js';

/**
 * Writes each report as one JSON object: into a file, to a logger, or to standard error. A file
 * gets each line once, as long as this process lives. A logger and standard error may get a line
 * twice after a failure, with the same `id`.
 */
export class LoggerExporter extends ReportExporter {
  readonly #logger: LoggerExporterOptions['logger'];
  readonly #file: LineFile | undefined;
  readonly #isKaneda: boolean;

  /** @throws SettingsError with all faults of the options. */
  constructor(options: LoggerExporterOptions = {}) {
    super(options, {
      name: 'LoggerExporter',
      rules: OPTION_RULES,
      faults: optionFaults,
      target: targetOf,
    });
    this.#logger = options.logger;
    this.#isKaneda = options.format === 'kaneda';
    if (options.filename !== undefined)
      this.#file = new LineFile(resolve(options.filename), options.fsync !== 'none', (error) =>
        this.warn(
          'fsync',
          `${options.filename} cannot be synced (${(error as Error).message}): lines count as stored once the system has them`,
        ),
      );
  }

  protected async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    if (this.#logger !== undefined)
      return log(this.#logger, reports, this.#isKaneda ? toKanedaPayload : toDocument);
    const texts = reports.map(this.#isKaneda ? toKanedaLine : toLine);
    const lines: Line[] = [];
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      if (typeof text === 'string') lines.push({ id: reports[i]!.id, text });
    }
    let count = lines.length;
    if (this.#file !== undefined) count = await append(this.#file, lines, signal);
    else await toStandardError(lines.map(({ text }) => text).join(''));
    let rank = 0;
    return texts.map((text) =>
      typeof text !== 'string' ? text : rank++ < count ? 'stored' : 'retry',
    );
  }

  /** Asks the system whether the file could be written to; of a logger only a write tells. */
  protected override async probe(): Promise<readonly string[]> {
    if (this.#file === undefined)
      return ['a logger or standard error cannot be checked without a write'];
    try {
      await assertWritable(this.#file.filename);
    } catch (error) {
      throw classifyFailure(this.#file.filename, error);
    }
    return [];
  }

  /** A file of JSON is read again; what became of a line elsewhere cannot be known. */
  protected override async examine({ id }: Report): Promise<Examination> {
    if (this.#isKaneda) return { remarks: ["lines of Kaneda's format have no id to look for"] };
    const found = this.#file && (await hasLine(this.#file.filename, id));
    return found === undefined ? { remarks: [] } : { found, remarks: [] };
  }

  protected override pages(query: ReadQuery): AsyncIterable<readonly Report[]> {
    if (this.#file === undefined)
      throw new ImproperlyConfiguredError(
        `${this.target} cannot be read: give the exporter a filename (setting LOGGER_FILENAME)`,
      );
    if (this.#isKaneda)
      throw new ImproperlyConfiguredError(
        `${this.target} has lines of Kaneda's format, which are not read back: leave out the option \`format\` (setting LOGGER_FORMAT)`,
      );
    const pages = readLogFile(this.#file.filename, query);
    return query.isForSummary ? pages : nearlySorted(pages);
  }

  protected override async disconnect(): Promise<void> {
    await this.#file?.close();
  }
}

registerTarget('logger', LoggerExporter);

/** A logger takes one object at a time, so it is known which it has when it throws. */
function log(
  logger: NonNullable<LoggerExporterOptions['logger']>,
  reports: readonly Report[],
  toObject: (report: Report) => object,
): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const report of reports) {
    try {
      logger.info(toObject(report));
      outcomes.push('stored');
    } catch (error) {
      if (outcomes.length === 0) throw error;
      break;
    }
  }
  while (outcomes.length < reports.length) outcomes.push('retry');
  return outcomes;
}

async function append(
  file: LineFile,
  lines: readonly Line[],
  signal: AbortSignal,
): Promise<number> {
  try {
    return await file.append(lines, signal);
  } catch (error) {
    throw classifyFailure(file.filename, error);
  }
}

/**
 * Resolves when the system has it. A reader that went away is an error of this write, not of the
 * process.
 */
function toStandardError(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const { stderr } = process;
    const failed = (error: Error): void => reject(error);
    stderr.once('error', failed);
    stderr.write(text, (error) => {
      // The event comes after the callback.
      setImmediate(() => stderr.off('error', failed));
      if (error) reject(error);
      else resolve();
    });
  });
}
