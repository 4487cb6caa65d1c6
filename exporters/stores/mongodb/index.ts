import type { Collection, MongoClient } from 'mongodb';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { isOwnError } from '../../error-code.js';
import type { ReadQuery } from '../../reading/query.js';
import { ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import { WRITE_TIMEOUT_MS } from '../../setup/definition.js';
import type { Examination } from '../../setup/examination.js';
import { registerTarget } from '../../setup/registry.js';
import { openClient } from './client.js';
import { type ReportDocument, toDocument } from './documents.js';
import {
  databaseOf,
  hasCredentials,
  type MongoExporterOptions,
  OPTION_RULES,
  optionFaults,
  secretsIn,
  targetOf,
} from './options.js';
import {
  classifyFailure,
  classifyItems,
  describeBlock,
  type Remedies,
  writeErrorsIn,
} from './outcomes.js';
import { mayInsert } from './probe.js';
import { readCollection } from './reader.js';
import { RefusedDocumentFinder } from './refused-documents.js';
import { ensureIndexes } from './setup.js';

export type { MongoConnectionOptions, MongoExporterOptions } from './options.js';

const NAME = 'MongoExporter';
/** A server that sorts a large collection says nothing for a long time. */
const READ_TIMEOUT_MS = 600_000;
/** Connecting makes indexes, too. */
const SETUP_TIMEOUT_MS = 10_000;
const MAJORITY = { w: 'majority' } as const;

/**
 * Stores reports in MongoDB as Kaneda's documents, acknowledged by a majority. A report's id is
 * `_id`: one that is delivered twice is stored once. The collection and its indexes are made with
 * the first write.
 */
export class MongoExporter extends ReportExporter {
  readonly #options: MongoExporterOptions;
  readonly #finder = new RefusedDocumentFinder<ReportDocument>((documents) =>
    this.#insert(documents),
  );
  #client: MongoClient | undefined;

  /**
   * @throws SettingsError with all faults of the options; ImproperlyConfiguredError when the driver
   * is not installed
   */
  constructor(options: MongoExporterOptions = {}) {
    super(options, {
      name: NAME,
      rules: OPTION_RULES,
      defaults: {
        connectTimeout: SETUP_TIMEOUT_MS,
        ownClient: options?.client === undefined,
      },
      faults: optionFaults,
      secrets: secretsIn,
      target: targetOf,
    });
    if (options.client === undefined) assertInstalled(NAME, 'mongodb', '7');
    this.#options = options;
  }

  protected override async connect({ signal }: WriteContext): Promise<void> {
    await this.#open();
    try {
      await ensureIndexes(this.#collection(), this.#options.expireAfterSeconds, signal);
    } catch (error) {
      // Writing needs no index, nor the right to make one.
      if (isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED')) this.warn('indexes', error.message);
      else await this.#failed(error);
    }
  }

  /** Asks the server what this account may, and looks into the collection; no index is made. */
  protected override async probe(): Promise<readonly string[]> {
    await this.#open();
    try {
      if (await mayInsert(this.#collection(), this.#client!)) return [];
    } catch (error) {
      await this.#failed(error);
    }
    throw describeBlock('the account is not permitted to insert', this.#remedies());
  }

  async #open(): Promise<void> {
    const { client, writeTimeout = WRITE_TIMEOUT_MS } = this.#options;
    this.#client ??= client ?? (await openClient(this.#options, writeTimeout));
  }

  /** A client whose first connection failed stays closed for ever ("Topology is closed"). */
  async #failed(error: unknown): Promise<never> {
    await this.disconnect().catch(() => {});
    throw classifyFailure(error, this.#remedies());
  }

  protected override write(reports: readonly Report[]): Promise<readonly Outcome[]> {
    return this.#finder.write(reports.map(toDocument));
  }

  protected override async examine({ id }: Report): Promise<Examination> {
    return { found: (await this.#collection().countDocuments({ _id: id })) === 1, remarks: [] };
  }

  protected override async *pages(query: ReadQuery): AsyncGenerator<readonly Report[], void> {
    const { client: given } = this.#options;
    const client = given ?? (await openClient(this.#options, READ_TIMEOUT_MS));
    const { dbName, collectionName } = this.#place();
    try {
      yield* readCollection(client.db(dbName), collectionName, query, this.#remedies('read'));
    } finally {
      if (given === undefined) await client.close();
    }
  }

  protected override async disconnect(): Promise<void> {
    if (this.#options.client === undefined) await this.#client?.close();
    this.#client = undefined;
  }

  #collection(): Collection<ReportDocument> {
    const { dbName, collectionName } = this.#place();
    return this.#client!.db(dbName).collection<ReportDocument>(collectionName);
  }

  #place(): { dbName: string; collectionName: string } {
    const { dbName, collectionName = 'default', connectionUrl } = this.#options;
    return { dbName: dbName ?? databaseOf(connectionUrl) ?? 'kaneda', collectionName };
  }

  async #insert(documents: readonly ReportDocument[]): Promise<readonly Outcome[]> {
    // A given client's settings are its owner's; that a majority has acknowledged what counts as
    // stored is ours.
    const writeConcern = this.#options.client === undefined ? {} : { writeConcern: MAJORITY };
    try {
      await this.#collection().insertMany(documents, {
        ordered: false,
        ignoreUndefined: true,
        ...writeConcern,
      });
      return documents.map(() => 'stored');
    } catch (error) {
      const writeErrors = writeErrorsIn(error);
      if (writeErrors.length === 0) throw classifyFailure(error, this.#remedies());
      const { outcomes, unnamed, blocked } = classifyItems(writeErrors, documents.length);
      if (blocked !== undefined) throw describeBlock(blocked, this.#remedies());
      if (unnamed.length > 0) await this.#resolveDuplicates(unnamed, documents, outcomes);
      return outcomes;
    }
  }

  /**
   * A duplicate whose index is not named: of `_id`, if nothing else is unique; else those whose
   * `_id` is there are stored.
   */
  async #resolveDuplicates(
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

  #remedies(role: 'read' | 'readWrite' = 'readWrite'): Remedies {
    const { dbName, collectionName } = this.#place();
    return {
      action: role === 'read' ? 'query' : 'write',
      target: targetOf(this.#options),
      credentials:
        'correct user and password, or the URL (authSource is admin unless the URL says otherwise)',
      rights: hasCredentials(this.#options)
        ? `an administrator runs db.grantRolesToUser('USER', [{ role: '${role}', db: '${dbName}' }]) for ${dbName}.${collectionName}`
        : 'the server requires a sign-in: give user and password, or write them into connectionUrl',
    };
  }
}

registerTarget('mongodb', MongoExporter);
