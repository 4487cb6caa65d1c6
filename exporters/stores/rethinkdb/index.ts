import { setMaxListeners } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import type { Outcome, WriteContext } from '../../delivery/batch-writer.js';
import { RejectedError } from '../../errors.js';
import type { OptionFault } from '../../faults.js';
import { type ExporterOptions, ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { hostAndPort, hostForSocket } from '../../setup/address.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import type { Examination } from '../../setup/examination.js';
import { type OptionRules, rules, uselessBeside } from '../../setup/option-rules.js';
import { registerTarget } from '../../setup/registry.js';
import { inSlices } from '../../timing/in-slices.js';
import { sleep } from '../../timing/sleep.js';
import { untilAborted } from '../../timing/until-aborted.js';
import { withTimeout } from '../../timing/with-timeout.js';
import { optionsOf, RethinkConnection } from './connection.js';
import { isName, tableOf, toDocument } from './documents.js';
import {
  type Driver,
  type DriverConnection,
  type DriverOptions,
  type InsertOptions,
  loadDriver,
} from './driver.js';
import { type InsertAnswer, judge, MissingError, outcomesOf } from './outcomes.js';
import { adminCommands, ensureTable } from './setup.js';

/** What a {@link RethinkExporter} takes. */
export interface RethinkExporterOptions extends ExporterOptions {
  /** Default `kaneda`. Created when missing. */
  db?: string;
  /** One table for all reports; default: a table for each metric type, named after it. Created when missing. */
  tableName?: string;
  /** A connection of the application's, used while it is open; then one like it is made. Never closed here. */
  connection?: object;
  /** Default `localhost`. */
  host?: string;
  /** Default 28015. */
  port?: number;
  /** Default `admin`. */
  user?: string;
  password?: string;
  /** Seconds that connecting may take; default 0.3. */
  timeout?: number;
  /** TLS; as an object Node's options for it (`ca`, `cert`, `key`, `rejectUnauthorized`, …). */
  tls?: boolean | ConnectionOptions;
  /** `soft` acknowledges before the disk has it: faster, and a crash of the server loses what it acknowledged last. Default `hard`. */
  durability?: 'hard' | 'soft';
}

const nameRule = (value: unknown) =>
  typeof value === 'string' && isName(value)
    ? undefined
    : 'must consist of letters, digits, _ and -';
const OWN_RULES: OptionRules = {
  db: nameRule,
  tableName: nameRule,
  connection: rules.having('isOpen', 'close', 'on'),
  host: rules.text,
  port: rules.port,
  user: rules.text,
  password: rules.string,
  timeout: rules.seconds,
  tls: (value) => (typeof value === 'boolean' ? undefined : rules.object(value)),
  durability: rules.oneOf('hard', 'soft'),
};
const NAME = 'RethinkExporter';
const DEFAULT_TIMEOUT = 0.3;
/** What Kaneda's methods report: each is a table of its own unless one is named. */
const METRICS = ['gauge', 'counter', 'timing', 'event'];
/** More of either gains nothing and holds the server up. */
const MAX_BATCH = { batchSize: 1_000, batchBytes: 4 * 1_048_576 } as const;
/** Milliseconds that making a table may take; it goes on while writes wait for it and time out. */
const SETUP_TIMEOUT = 30_000;

/** The part of a batch that goes into one table. */
interface Part {
  readonly table: string;
  readonly positions: number[];
  readonly documents: string[];
}

/**
 * Stores reports in RethinkDB as Kaneda's documents, on disk before they count as stored. A report's id is the document's: one
 * that is delivered twice is stored once.
 */
export class RethinkExporter extends ReportExporter {
  readonly #db: string;
  readonly #tableName: string | undefined;
  readonly #durability: 'hard' | 'soft';
  readonly #settings: DriverOptions;
  readonly #tables = new Map<string, Promise<void>>();
  #driver: Driver | undefined;
  #given: DriverConnection | undefined;
  #connection: RethinkConnection | undefined;
  #opening: Promise<RethinkConnection> | undefined;

  /** @throws SettingsError with all faults of the options; ImproperlyConfiguredError when the driver is not installed */
  constructor(options: RethinkExporterOptions = {}) {
    super(options, {
      name: NAME,
      rules: OWN_RULES,
      defaults: { ...MAX_BATCH, ownClient: options?.connection === undefined },
      faults: optionFaults,
      secrets: (given: RethinkExporterOptions) => {
        const { password } = driverOptionsOf(given);
        return password ? [password] : [];
      },
      target: (given: RethinkExporterOptions) => {
        const { host, port } = driverOptionsOf(given);
        return hostAndPort(host, port);
      },
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
    const parts = await this.#parts(reports, outcomes);
    // Each part listens to the deadline while it waits; many tables are no leak.
    setMaxListeners(10 + 4 * parts.length, signal);
    // Let every table get its part before a fault of one is said: what is stored already is stored once.
    const faults = (
      await Promise.allSettled(parts.map((part) => this.#writePart(part, outcomes, signal)))
    ).flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    const fault = faults.find((error) => !(error instanceof RejectedError)) ?? faults[0];
    if (fault !== undefined) throw fault;
    return outcomes;
  }

  /** Creates the database and the table, or the tables of Kaneda's own metric types, so that no two processes have to do it at once. */
  override async setup({ signal }: WriteContext): Promise<void> {
    await this.connect({ signal });
    const tables = this.#tableName === undefined ? METRICS.map(tableOf) : [this.#tableName];
    for (const table of tables) await this.#ready(table, signal);
  }

  override async examine({ id, metric }: Report, { signal }: WriteContext): Promise<Examination> {
    const table = this.#tableName ?? tableOf(metric);
    const found = await this.#run(this.#driver!.r.db(this.#db).table(table).get(id), signal, table);
    return { found: found !== null, remarks: [] };
  }

  protected override async disconnect(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** @internal */
  protected settle(ms: number): Promise<void> {
    return sleep(ms, { keepAlive: false });
  }

  async #parts(reports: readonly Report[], outcomes: Outcome[]): Promise<Part[]> {
    const parts: Part[] = [];
    const open = new Map<string, Part>();
    await inSlices(reports, (report, position) => {
      try {
        const document = JSON.stringify(toDocument(report));
        const table = this.#tableName ?? tableOf(report.metric);
        let part = open.get(table);
        if (part === undefined || part.documents.length === MAX_BATCH.batchSize) {
          part = { table, positions: [], documents: [] };
          open.set(table, part);
          parts.push(part);
        }
        part.positions.push(position);
        part.documents.push(document);
      } catch (error) {
        if (!(error instanceof RejectedError)) throw error;
        outcomes[position] = { rejected: error.message };
      }
    });
    return parts;
  }

  async #writePart(part: Part, outcomes: Outcome[], signal: AbortSignal): Promise<void> {
    try {
      await this.#ready(part.table, signal);
      const answers = await this.#insert(part, signal).catch(async (error: unknown) => {
        if (!(error instanceof MissingError)) throw error;
        // Dropped while we were running.
        this.#tables.delete(part.table);
        await this.#ready(part.table, signal);
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
    // One text for all documents is several times cheaper than terms, for the driver and for the server.
    const text = `[${documents.join(',')}]`;
    const options: InsertOptions = {
      // The driver counts the declared parameters, and the server wants three.
      conflict: (_id, stored, _given) => stored,
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
    const outcomes = outcomesOf(answer, documents.length);
    if (outcomes !== undefined) return outcomes;
    // Which ones were refused is told on demand; what went in the first time is unchanged by the second.
    const told = (await this.#run(
      insert({ returnChanges: 'always' }),
      signal,
      table,
    )) as InsertAnswer;
    const which = outcomesOf(told, documents.length);
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
      throw judge(error, this.#remedy(table));
    }
  }

  /** Resolves when the table can be written to. Making one is begun once, and outlives the deadline of the write that began it. */
  async #ready(table: string, signal: AbortSignal): Promise<void> {
    let making = this.#tables.get(table);
    if (making === undefined) {
      making = this.#makeTable(table).catch((error: unknown) => {
        this.#tables.delete(table);
        const judged = judge(error, this.#remedy(table));
        throw judged instanceof RejectedError ? new Error(judged.message) : judged;
      });
      this.#tables.set(table, making);
    }
    await untilAborted(making, signal);
  }

  #makeTable(table: string): Promise<void> {
    const { r } = this.#driver!;
    return withTimeout(SETUP_TIMEOUT, [], (signal) => {
      const run = async (term: Parameters<RethinkConnection['run']>[0]) =>
        (await this.#open(signal)).run(term, signal);
      return ensureTable(r, run, this.#db, table, (ms) => this.settle(ms));
    });
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
    this.#driver ??= loadDriver();
    const given = this.#given;
    // What was given is used once: when it is gone, or did not answer in time, the next connection is ours.
    this.#given = undefined;
    if (given?.isOpen()) return RethinkConnection.given(given);
    try {
      return await RethinkConnection.open(this.#driver, this.#settings, signal);
    } catch (error) {
      throw judge(error, this.#remedy(this.#tableName ?? 'TABLE'));
    }
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

/** The faults that lie between options, each of them right by itself. */
function optionFaults(options: RethinkExporterOptions): readonly OptionFault[] {
  if (options.connection === undefined) return [];
  const own = ['host', 'port', 'user', 'password', 'tls'];
  return uselessBeside(
    options,
    own,
    'has no effect on a connection that is given',
    'make the connection with it',
  );
}

/** The driver's options, of a connection that was given or of the exporter's options. */
function driverOptionsOf(options: RethinkExporterOptions): DriverOptions {
  const { connection, connectTimeout, timeout = DEFAULT_TIMEOUT } = options;
  const seconds = connectTimeout === undefined ? timeout : connectTimeout / 1_000;
  return connection === undefined
    ? settingsOf(options, seconds)
    : optionsOf(connection as DriverConnection, seconds);
}

function settingsOf(options: RethinkExporterOptions, timeout: number): DriverOptions {
  const { host = 'localhost', port = 28_015, user, password, tls } = options;
  return {
    host: hostForSocket(host),
    port,
    timeout,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    // The driver writes into the object.
    ...(tls ? { ssl: typeof tls === 'object' ? { ...tls } : {} } : {}),
  };
}
