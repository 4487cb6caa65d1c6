import type { Outcome, WriteContext } from '../../delivery/store.js';
import { isOwnError } from '../../error-code.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { ReadQuery } from '../../reading/query.js';
import { ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { WRITE_TIMEOUT_MS } from '../../setup/definition.js';
import type { Examination } from '../../setup/examination.js';
import { registerTarget } from '../../setup/registry.js';
import { inSlices } from '../../timing/in-slices.js';
import { InfluxConnection } from './client.js';
import { type Layout, toDocument } from './documents.js';
import { encode } from './encode.js';
import { type Endpoint, endpointOf } from './endpoint.js';
import { FieldTypes } from './field-types.js';
import {
  type InfluxExporterOptions,
  OPTION_RULES,
  optionFaults,
  secretsIn,
  targetOf,
} from './options.js';
import {
  classifyFailure,
  isNoDatabase,
  isPartialWrite,
  isStored,
  type NoDatabaseError,
  type PartialWriteError,
} from './outcomes.js';
import { hasPoint, readDatabase } from './reader.js';
import { type Pending, RefusalRounds, type Round } from './refusals.js';
import { ensureDatabase, isVictoriaMetrics, pingsAsVictoriaMetrics } from './setup.js';

export type { InfluxConnectionOptions } from './endpoint.js';
export type { InfluxExporterOptions } from './options.js';

const NAMES_LOST =
  'the server is VictoriaMetrics, which keeps numbers only and would merge reports of different names: remove nameAsTag or set it to true';

const CONTENT_TYPE = 'text/plain; charset=utf-8';

/** Lines a write: the server takes twice as many a second as by the thousand. */
const BATCH_REPORTS = 5_000;

/**
 * Writes reports into InfluxDB 1, 2 or 3 as Kaneda's points: the metric's type is the measurement,
 * `host` and the tags are tags, `name` and `value` (or a report's own fields) are fields. A report
 * delivered twice is the same point and is stored once.
 */
export class InfluxExporter extends ReportExporter {
  readonly #endpoint: Endpoint;
  readonly #types: FieldTypes;
  readonly #names: 'tag' | 'field' | undefined;
  #layout: Layout;
  readonly #answersWithin: number;
  #connection: InfluxConnection | undefined;

  /** @throws SettingsError with all faults of the options */
  constructor(options: InfluxExporterOptions = {}) {
    super(options, {
      name: 'InfluxExporter',
      rules: OPTION_RULES,
      defaults: { batchSize: BATCH_REPORTS, ownClient: true },
      faults: optionFaults,
      secrets: secretsIn,
      target: targetOf,
    });
    this.#endpoint = endpointOf(options);
    this.#types = new FieldTypes(options.integerFields ?? []);
    this.#answersWithin = options.writeTimeout ?? WRITE_TIMEOUT_MS;
    const { nameAsTag, instanceAsTag = false } = options;
    this.#names = nameAsTag === undefined ? undefined : nameAsTag ? 'tag' : 'field';
    const { tagsAreColumns } = this.#endpoint;
    this.#layout = { nameAsTag: nameAsTag ?? false, instanceAsTag, tagsAreColumns };
  }

  /**
   * Asks an InfluxDB 1 what it is: VictoriaMetrics speaks its protocol, but keeps numbers only, so
   * that names must be tags.
   */
  protected override async connect({ signal }: WriteContext): Promise<void> {
    this.#connection ??= new InfluxConnection(this.#endpoint.connection);
    if (this.#endpoint.creates === undefined) return;
    if (await pingsAsVictoriaMetrics(this.#connection, signal)) this.#useTags();
  }

  #useTags(): void {
    if (this.#names === 'field') throw new ImproperlyConfiguredError(NAMES_LOST);
    this.#layout = { nameAsTag: true, instanceAsTag: true, numbersOnly: true };
  }

  /**
   * The answer to a write shows a VictoriaMetrics that was not asked: by the interface of InfluxDB
   * 2, or put in another's place.
   */
  #writeWithTags(): void {
    const wereNamesKept = this.#layout.nameAsTag;
    this.#useTags();
    if (wereNamesKept) return;
    throw new Error('the server is VictoriaMetrics: the batch is written again with names as tags');
  }

  protected override async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = reports.map(() => 'stored');
    let pending = await this.#points(reports, outcomes);
    const rounds = new RefusalRounds(this.#types, this.#layout);
    while (pending.length > 0) {
      const refusal = await this.#send(pending, signal);
      if (refusal === undefined) break;
      const round = rounds.next(refusal, pending);
      // Nothing learned: the base asks again with ever smaller parts. Points that are stored
      // already overwrite themselves.
      if (round === undefined) throw refusal;
      for (const [{ index }, rejected] of round.rejected) outcomes[index] = { rejected };
      if (round.givenUp !== undefined) this.#tellGivenUp(round.givenUp);
      pending = round.again;
    }
    return outcomes;
  }

  /** Posts no lines at all: the server looks at account and database first. */
  protected override async probe({ signal }: WriteContext): Promise<readonly string[]> {
    await this.connect({ signal });
    const { path, query, remedies, creates } = this.#endpoint;
    const answer = await this.#connection!.post(path, query, CONTENT_TYPE, '', signal);
    if (isStored(answer)) return [];
    const failure = classifyFailure(answer, 0, remedies);
    // It is the emptiness that is refused: everything else was right.
    if (isOwnError(failure, 'KANEDA_REJECTED')) return [];
    if (!isNoDatabase(failure)) throw failure;
    if (creates === undefined)
      throw new ImproperlyConfiguredError(`InfluxDB: ${failure.message}: ${remedies.missing}`);
    return [`${failure.message}: the first report, or kaneda check --setup, creates it`];
  }

  /** Creates the database where the interface has a way: InfluxDB 1. */
  protected override async setup({ signal }: WriteContext): Promise<void> {
    await this.connect({ signal });
    if (this.#endpoint.creates !== undefined) await this.#createDatabase(signal);
  }

  /**
   * Asks InfluxDB 1 for the point at the report's own nanosecond; the tokens of 2 and 3 may
   * commonly write only.
   */
  protected override async examine(report: Report, { signal }: WriteContext): Promise<Examination> {
    const { creates: database } = this.#endpoint;
    if (database === undefined) return { remarks: [] };
    const { measurement, time } = toDocument(report, this.#layout);
    return {
      found: await hasPoint(this.#connection!, database, measurement, time, signal),
      remarks: [],
    };
  }

  protected override pages(query: ReadQuery): AsyncIterable<readonly Report[]> {
    return readDatabase(this.#endpoint, query, this.#answersWithin);
  }

  protected override async disconnect(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #points(reports: readonly Report[], outcomes: Outcome[]): Promise<Pending[]> {
    const pending: Pending[] = [];
    await inSlices(reports, (report, index) => {
      try {
        pending.push({ index, report, line: this.#line(report) });
      } catch (error) {
        if (!isOwnError(error, 'KANEDA_REJECTED')) throw error;
        outcomes[index] = { rejected: error.message };
      }
    });
    return pending;
  }

  /** @returns the refusal when some or all points were refused for what they are */
  async #send(
    pending: readonly Pending[],
    signal: AbortSignal,
  ): Promise<PartialWriteError | undefined> {
    const first = await this.#attempt(pending, signal);
    if (!isNoDatabase(first)) return first;
    await this.#createDatabase(signal);
    const second = await this.#attempt(pending, signal);
    if (!isNoDatabase(second)) return second;
    const { remedies } = this.#endpoint;
    throw new ImproperlyConfiguredError(`InfluxDB: ${second.message}: ${remedies.missing}`);
  }

  /** @returns nothing when all are stored, a refusal of points, or that the database is missing */
  async #attempt(
    pending: readonly Pending[],
    signal: AbortSignal,
  ): Promise<PartialWriteError | NoDatabaseError | undefined> {
    try {
      await this.#post(pending.map(({ line }) => line).join('\n'), pending.length, signal);
      return undefined;
    } catch (error) {
      if (isPartialWrite(error) || isNoDatabase(error)) return error;
      throw error;
    }
  }

  async #post(body: string, count: number, signal: AbortSignal): Promise<void> {
    const { path, query, remedies } = this.#endpoint;
    this.#connection ??= new InfluxConnection(this.#endpoint.connection);
    const answer = await this.#connection.post(path, query, CONTENT_TYPE, body, signal);
    if (!isStored(answer)) throw classifyFailure(answer, count, remedies);
    if (!this.#layout.numbersOnly && isVictoriaMetrics(answer)) this.#writeWithTags();
  }

  async #createDatabase(signal: AbortSignal): Promise<void> {
    const { creates, remedies } = this.#endpoint;
    const created =
      creates !== undefined && (await ensureDatabase(this.#connection!, creates, signal));
    if (!created) throw new ImproperlyConfiguredError(`InfluxDB: ${remedies.missing}`);
  }

  #tellGivenUp({ field, measurement, reason }: NonNullable<Round['givenUp']>): void {
    this.warn(
      `field ${field} of ${measurement}`,
      `InfluxDB has a field "${field}" of another type in "${measurement}" (${reason}): reports are stored there without this field`,
    );
  }

  #line(report: Report): string {
    return encode(report, this.#layout, this.#types);
  }
}

registerTarget('influxdb', InfluxExporter);
