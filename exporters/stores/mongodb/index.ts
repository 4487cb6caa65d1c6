import type { Collection, MongoClient } from 'mongodb';
import type { Outcome, WriteContext } from '../../delivery/batch-writer.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import { type ExporterOptions, ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import type { Examination } from '../../setup/examination.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';
import { registerTarget } from '../../setup/registry.js';
import {
  clientRule,
  connectionUrlRule,
  databaseOf,
  type MongoConnectionOptions,
  openClient,
  optionFaults,
  secretsOfOptions,
  targetOf,
} from './connection.js';
import { type ReportDocument, toDocument } from './documents.js';
import { judge } from './outcomes.js';
import { createIndexes } from './setup.js';
import { Suspects } from './suspects.js';

/** What a {@link MongoExporter} takes. */
export interface MongoExporterOptions extends ExporterOptions, MongoConnectionOptions {
  /** Default: the one in `connectionUrl`, else `kaneda`. */
  dbName?: string;
  /** Default `default`. */
  collectionName?: string;
  /** Deletes documents so many seconds after their timestamp, by an index of MongoDB's. Default: never. */
  expireAfterSeconds?: number;
}

const OWN_RULES: OptionRules = {
  dbName: rules.text,
  collectionName: rules.text,
  client: clientRule,
  connectionUrl: connectionUrlRule,
  host: rules.text,
  port: rules.port,
  user: rules.text,
  password: rules.string,
  timeout: rules.milliseconds,
  tls: (value) => (typeof value === 'boolean' ? undefined : rules.object(value)),
  expireAfterSeconds: rules.count,
};
const NAME = 'MongoExporter';
const WRITE_TIMEOUT = 30_000;
/** Connecting makes indexes, too. */
const SETUP_TIMEOUT_MS = 10_000;
const MAJORITY = { w: 'majority' } as const;

/**
 * Stores reports in MongoDB as Kaneda's documents, acknowledged by a majority. A report's id is `_id`: one that is delivered twice is
 * stored once. The collection and its indexes are made with the first write.
 */
export class MongoExporter extends ReportExporter {
  readonly #options: MongoExporterOptions;
  readonly #suspects = new Suspects<ReportDocument>((documents) => this.#insert(documents));
  #client: MongoClient | undefined;

  /** @throws SettingsError with all faults of the options; ImproperlyConfiguredError when the driver is not installed */
  constructor(options: MongoExporterOptions = {}) {
    super(options, {
      name: NAME,
      rules: OWN_RULES,
      defaults: {
        connectTimeout: SETUP_TIMEOUT_MS,
        ownClient: options?.client === undefined,
      },
      faults: optionFaults,
      secrets: secretsOfOptions,
      target: targetOf,
    });
    if (options.client === undefined) assertInstalled(NAME, 'mongodb', '7');
    this.#options = options;
  }

  protected override async connect({ signal }: WriteContext): Promise<void> {
    const { client, writeTimeout = WRITE_TIMEOUT, expireAfterSeconds } = this.#options;
    this.#client ??= client ?? (await openClient(this.#options, writeTimeout));
    try {
      await createIndexes(this.#collection(), expireAfterSeconds, signal);
    } catch (error) {
      // Writing needs no index, nor the right to make one.
      if (error instanceof ImproperlyConfiguredError) this.warn('indexes', error.message);
      else {
        // A client whose first connection failed stays closed for ever ("Topology is closed").
        await this.disconnect().catch(() => {});
        judge(error, 0, this.#remedies());
      }
    }
  }

  protected override write(reports: readonly Report[]): Promise<readonly Outcome[]> {
    return this.#suspects.write(reports.map(toDocument));
  }

  override async examine({ id }: Report): Promise<Examination> {
    return { found: (await this.#collection().countDocuments({ _id: id })) === 1, remarks: [] };
  }

  protected override async disconnect(): Promise<void> {
    if (this.#options.client === undefined) await this.#client?.close();
    this.#client = undefined;
  }

  #collection(): Collection<ReportDocument> {
    const { dbName, collectionName = 'default', connectionUrl } = this.#options;
    return this.#client!.db(
      dbName ?? databaseOf(connectionUrl) ?? 'kaneda',
    ).collection<ReportDocument>(collectionName);
  }

  async #insert(documents: readonly ReportDocument[]): Promise<readonly Outcome[]> {
    // A given client's settings are its owner's; that a majority has acknowledged what counts as stored is ours.
    const writeConcern = this.#options.client === undefined ? {} : { writeConcern: MAJORITY };
    try {
      await this.#collection().insertMany(documents, {
        ordered: false,
        ignoreUndefined: true,
        ...writeConcern,
      });
      return documents.map(() => 'stored');
    } catch (error) {
      const { outcomes, unnamed } = judge(error, documents.length, this.#remedies());
      if (unnamed.length > 0) await this.#settle(unnamed, documents, outcomes);
      return outcomes;
    }
  }

  /** A duplicate whose index is not named: of `_id`, if nothing else is unique; else those whose `_id` is there are stored. */
  async #settle(
    positions: readonly number[],
    documents: readonly ReportDocument[],
    outcomes: Outcome[],
  ): Promise<void> {
    const collection = this.#collection();
    const others = (await collection.indexes()).some(
      ({ name, unique }) => unique === true && name !== '_id_',
    );
    if (!others) {
      for (const position of positions) outcomes[position] = 'stored';
      return;
    }
    const ids = positions.map((position) => documents[position]!._id);
    const found = collection.find({ _id: { $in: ids } }, { projection: { _id: 1 } });
    const stored = new Set((await found.toArray()).map(({ _id }) => _id));
    for (const position of positions) {
      outcomes[position] = stored.has(documents[position]!._id)
        ? 'stored'
        : { rejected: 'duplicate in a unique index' };
    }
  }

  #remedies() {
    const {
      dbName = databaseOf(this.#options.connectionUrl) ?? 'kaneda',
      collectionName = 'default',
    } = this.#options;
    return {
      credentials:
        'correct user and password, or the URL (authSource is admin unless the URL says otherwise)',
      rights: `an administrator runs db.grantRolesToUser('USER', [{ role: 'readWrite', db: '${dbName}' }]) for ${dbName}.${collectionName}`,
    };
  }
}

registerTarget('mongodb', MongoExporter);
