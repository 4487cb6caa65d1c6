import { setMaxListeners } from 'node:events';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { codeOf, isOwnError } from '../../error-code.js';
import { RejectedError } from '../../errors.js';
import type { ReadQuery } from '../../reading/query.js';
import { ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import type { Examination } from '../../setup/examination.js';
import { registerTarget } from '../../setup/registry.js';
import { sleep } from '../../timing/sleep.js';
import { withTimeout } from '../../timing/with-timeout.js';
import { RethinkConnection } from './client.js';
import { tableOf } from './documents.js';
import {
  type Driver,
  type DriverConnection,
  type DriverOptions,
  type InsertOptions,
  loadDriver,
  type Term,
} from './driver.js';
import {
  driverOptionsOf,
  OPTION_RULES,
  optionFaults,
  type RethinkExporterOptions,
  secretsIn,
  targetOf,
} from './options.js';
import { classifyFailure, classifyItems, type InsertAnswer } from './outcomes.js';
import { divideByTable, type Part } from './parts.js';
import { readTables } from './reader.js';
import { ReadyTables } from './ready-tables.js';
import { adminCommands, ensureTable, readCommand } from './setup.js';

export type { RethinkExporterOptions } from './options.js';

const NAME = 'RethinkExporter';
/** The types that Kaneda's methods report. Each has a table of its own unless a table is named. */
const METRICS = ['gauge', 'counter', 'timing', 'event'];
/** More of either gains nothing and holds the server up. */
const MAX_BATCH = { batchSize: 1_000, batchBytes: 4 * 1_048_576 } as const;
/** Making a table may take this long; it continues even if writes that wait for it time out. */
const SETUP_TIMEOUT_MS = 30_000;

/**
 * Stores reports in RethinkDB as Kaneda's documents, on disk before they count as stored. A
 * report's id is the document's: one that is delivered twice is stored once.
 */
export class RethinkExporter extends ReportExporter {
  readonly #db: string;
  readonly #tableName: string | undefined;
  readonly #durability: 'hard' | 'soft';
  readonly #settings: DriverOptions;
  readonly #tables = new ReadyTables((table) => this.#makeTable(table));
  #driver: Driver | undefined;
  #given: DriverConnection | undefined;
  #connection: RethinkConnection | undefined;
  #opening: Promise<RethinkConnection> | undefined;

  /**
   * @throws SettingsError with all faults of the options; ImproperlyConfiguredError when the driver
   * is not installed
   */
  constructor(options: RethinkExporterOptions = {}) {
    super(options, {
      name: NAME,
      rules: OPTION_RULES,
      defaults: { ...MAX_BATCH, ownClient: options?.connection === undefined },
      faults: optionFaults,
      secrets: secretsIn,
      target: targetOf,
    });
    assertInstalled(NAME, 'rethinkdb', '2.4');
    const { db = 'kaneda', tableName, durability = 'hard' } = options;
    this.#db = db;
    this.#tableName = tableName;
    this.#durability = durability;
    this.#given = options.connection as DriverConnection | undefined;
    this.#settings = driverOptionsOf(options);
  }

  protected override async connect({ signal }: WriteContext): Promise<void> {
    await this.#open(signal);
  }

  protected override async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = reports.map(() => 'retry');
    const parts = await divideByTable(reports, outcomes, this.#tableName, MAX_BATCH.batchSize);
    // Each part listens to the deadline while it waits; many tables do not mean a leak.
    setMaxListeners(10 + 4 * parts.length, signal);
    // Every table gets its part before the fault of one is thrown: what is stored already is stored
    // once.
    const faults = (
      await Promise.allSettled(parts.map((part) => this.#writePart(part, outcomes, signal)))
    ).flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    const fault = faults.find((error) => !isOwnError(error, 'KANEDA_REJECTED')) ?? faults[0];
    if (fault !== undefined) throw fault;
    return outcomes;
  }

  /**
   * Creates the database and the table, or the tables of Kaneda's own metric types, so that no two
   * processes have to do it at once.
   */
  protected override async setup({ signal }: WriteContext): Promise<void> {
    await this.connect({ signal });
    const tables = this.#tableName === undefined ? METRICS.map(tableOf) : [this.#tableName];
    for (const table of tables) await this.#tables.ensure(table, signal);
  }

  /** Looks whether database and table are there, and may be read; makes neither. */
  protected override async probe({ signal }: WriteContext): Promise<readonly string[]> {
    const table = this.#tableName ?? tableOf('event');
    try {
      await this.connect({ signal });
      await this.#run(this.#driver!.r.db(this.#db).table(table).isEmpty(), signal, table);
      return [];
    } catch (error) {
      if (codeOf(error) !== 'TABLE_MISSING') throw error;
      return [`${(error as Error).message}: the first report, or kaneda check --setup, creates it`];
    }
  }

  protected override async examine(
    { id, metric }: Report,
    { signal }: WriteContext,
  ): Promise<Examination> {
    const table = this.#tableName ?? tableOf(metric);
    const found = await this.#run(this.#driver!.r.db(this.#db).table(table).get(id), signal, table);
    return { found: found !== null, remarks: [] };
  }

  protected override async *pages(query: ReadQuery): AsyncGenerator<readonly Report[], void> {
    this.#driver ??= await loadDriver();
    const connection = await this.#openToRead(query.signal);
    const run = (term: Term, table: string): Promise<unknown> =>
      connection.run(term, query.signal).catch((error: unknown) => {
        throw query.signal.aborted ? error : classifyFailure(error, this.#readRemedy(table));
      });
    try {
      yield* readTables(this.#driver.r, { db: this.#db, tableName: this.#tableName }, query, run);
    } finally {
      connection.close();
    }
  }

  protected override async disconnect(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** @internal Waits until duplicates that others make of a new table are visible. */
  protected waitForDuplicates(ms: number): Promise<void> {
    return sleep(ms, { keepAlive: false });
  }

  async #writePart(part: Part, outcomes: Outcome[], signal: AbortSignal): Promise<void> {
    try {
      await this.#tables.ensure(part.table, signal);
      const answers = await this.#insert(part, signal).catch(async (error: unknown) => {
        if (codeOf(error) !== 'TABLE_MISSING') throw error;
        // Dropped while we were running.
        this.#tables.forget(part.table);
        await this.#tables.ensure(part.table, signal);
        return this.#insert(part, signal);
      });
      part.positions.forEach((position, i) => {
        outcomes[position] = answers[i]!;
      });
    } catch (error) {
      this.#forgetIfLost();
      throw error;
    }
  }

  async #insert({ table, documents }: Part, signal: AbortSignal): Promise<readonly Outcome[]> {
    // One text for all documents is several times cheaper than terms, for the driver and for the
    // server.
    const text = `[${documents.join(',')}]`;
    const options: InsertOptions = {
      conflict: keepStored,
      durability: this.#durability,
    };
    const insert = (more: Partial<InsertOptions> = {}) => {
      const { r } = this.#driver!;
      return r
        .db(this.#db)
        .table(table)
        .insert(r.json(text), { ...options, ...more });
    };
    const answer = (await this.#run(insert(), signal, table)) as InsertAnswer;
    const outcomes = classifyItems(answer, documents.length);
    if (outcomes !== undefined) return outcomes;
    // Which ones were refused is told on demand; what went in the first time is unchanged by the
    // second.
    const details = (await this.#run(
      insert({ returnChanges: 'always' }),
      signal,
      table,
    )) as InsertAnswer;
    const which = classifyItems(details, documents.length);
    if (which === undefined) throw new RejectedError('RethinkDB refuses some of the documents');
    return which;
  }

  async #run(
    term: ReturnType<Driver['r']['json']>,
    signal: AbortSignal,
    table: string,
  ): Promise<unknown> {
    const connection = await this.#open(signal);
    try {
      return await connection.run(term, signal);
    } catch (error) {
      throw classifyFailure(error, this.#remedy(table));
    }
  }

  async #makeTable(table: string): Promise<void> {
    const { r } = this.#driver!;
    try {
      await withTimeout(SETUP_TIMEOUT_MS, [], (signal) => {
        const run = async (term: Term) => (await this.#open(signal)).run(term, signal);
        return ensureTable(r, run, this.#db, table, (ms) => this.waitForDuplicates(ms));
      });
    } catch (error) {
      const failure = classifyFailure(error, this.#remedy(table));
      // A refused query of ours is not the fault of the reports that wait for the table.
      throw isOwnError(failure, 'KANEDA_REJECTED') ? new Error(failure.message) : failure;
    }
  }

  async #open(signal: AbortSignal): Promise<RethinkConnection> {
    if (this.#connection?.isOpen()) return this.#connection;
    // Parts of a batch that find the connection gone wait for the same new one.
    this.#opening ??= this.#connect(signal).finally(() => {
      this.#opening = undefined;
    });
    this.#connection = await this.#opening;
    return this.#connection;
  }

  async #connect(signal: AbortSignal): Promise<RethinkConnection> {
    this.#driver ??= await loadDriver();
    const given = this.#given;
    // What was given is used once: when it is gone, or did not answer in time, the next connection
    // is ours.
    this.#given = undefined;
    if (given?.isOpen()) return RethinkConnection.given(given);
    try {
      return await RethinkConnection.open(this.#driver, this.#settings, signal);
    } catch (error) {
      throw classifyFailure(error, this.#remedy(this.#tableName ?? 'TABLE'));
    }
  }

  /** A connection of the reader's own: one that is written to would wait behind each page. */
  async #openToRead(signal: AbortSignal): Promise<RethinkConnection> {
    try {
      return await RethinkConnection.open(this.#driver!, this.#settings, signal);
    } catch (error) {
      throw signal.aborted ? error : classifyFailure(error, this.#readRemedy('TABLE'));
    }
  }

  #readRemedy(table: string): string {
    return `correct user and password, or ${readCommand(this.#db, table, this.#settings.user ?? 'admin')}`;
  }

  #forgetIfLost(): void {
    if (this.#connection?.isOpen()) return;
    this.#connection = undefined;
    this.lost();
  }

  #remedy(table: string): string {
    return `correct user and password, or ${adminCommands(this.#db, table, this.#settings.user ?? 'admin')}`;
  }
}

registerTarget('rethinkdb', RethinkExporter);

/**
 * The driver asks how many parameters it declares, and the server wants three. Some minifiers drop
 * those that nothing uses.
 */
const keepStored = Object.defineProperty((_id: unknown, stored: unknown) => stored, 'length', {
  value: 3,
});
