import type { Client } from '@elastic/elasticsearch';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { isOwnError } from '../../error-code.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import type { ReadQuery } from '../../reading/query.js';
import { ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import { WRITE_TIMEOUT_MS } from '../../setup/definition.js';
import type { Examination } from '../../setup/examination.js';
import { registerTarget } from '../../setup/registry.js';
import { TimeSlice } from '../../timing/in-slices.js';
import { makeClient, secretsIn } from './client.js';
import { indexOf } from './documents.js';
import { encode } from './encode.js';
import {
  type ElasticsearchExporterOptions,
  nodesOf,
  OPTION_RULES,
  optionFaults,
  targetOf,
} from './options.js';
import { type BulkItem, classifyFailure, classifyItem, describeBlock } from './outcomes.js';
import { probeIndex } from './probe.js';
import { nameProduct } from './product.js';
import { examineDocument, readIndices } from './reader.js';
import { ensureTemplate } from './setup.js';

export type { ElasticsearchExporterOptions, ElasticsearchOptions } from './options.js';

/**
 * Bytes of one bulk request, at most: beyond a few megabytes requests cost the cluster memory and
 * gain nothing. A cluster that has too much to do gets less at a time.
 */
const REQUEST_BYTES = { most: 5 * 1_048_576, least: 16_384 } as const;
/** Indices that are remembered as prepared; late reports of many days must not make this grow. */
const MAX_PREPARED = 1_000;
/**
 * A batch is written as two requests at once: while the cluster works on one, the other is on its
 * way.
 */
const REQUEST_REPORTS = 5_000;
const NAME = 'ElasticsearchExporter';
/** A page of a large cluster may take its time. */
const READ_TIMEOUT_MS = 120_000;
const DEFAULTS = {
  batchSize: 2 * REQUEST_REPORTS,
  batchBytes: 8 * 1_048_576,
  writeTimeout: WRITE_TIMEOUT_MS,
} as const;

/** A report on its way: its lines in a request, its position in the batch. */
interface Item {
  readonly lines: string;
  readonly index: string;
  readonly position: number;
}

/**
 * Stores reports in Elasticsearch 8 or 9 as Kaneda's documents, in an index for each day (UTC) of
 * the reports' own time. A report's id is the document's, and a document is only ever created: one
 * that is delivered twice is stored once.
 */
export class ElasticsearchExporter extends ReportExporter {
  readonly #options: ElasticsearchExporterOptions;
  readonly #prepared = new Set<string>();
  #client: Client | undefined;
  #requestBytes: number = REQUEST_BYTES.most;

  /**
   * @throws SettingsError with all faults of the options; ImproperlyConfiguredError when the client
   * is not installed.
   */
  constructor(options: ElasticsearchExporterOptions) {
    super(options, {
      name: NAME,
      rules: OPTION_RULES,
      defaults: { ...DEFAULTS, ownClient: options?.client === undefined },
      faults: optionFaults,
      secrets: secretsIn,
      target: targetOf,
    });
    if (options.client === undefined) assertInstalled(NAME, '@elastic/elasticsearch', '8');
    this.#options = options;
  }

  protected override async connect(): Promise<void> {
    this.#client ??=
      this.#options.client ??
      (await makeClient(this.#options, this.#options.writeTimeout ?? DEFAULTS.writeTimeout));
  }

  protected override async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(reports.length).fill('retry');
    const requests = this.#requests(reports, outcomes, signal);
    const today = indexOf(this.#options.indexName, new Date());
    let fault: Error | undefined;
    const lane = async (): Promise<void> => {
      try {
        // Both lanes take from one generator: an end in one is the other's too.
        for await (const request of requests) {
          const answers = await this.#bulk(request, signal);
          request.forEach(({ index, position }, i) => {
            const outcome = classifyItem(answers[i]!, index < today);
            if (outcome === 'blocked') fault ??= describeBlock(answers[i]!, index);
            else outcomes[position] = outcome;
          });
        }
      } catch (error) {
        fault = await this.#explainError(error as Error);
        await requests.return();
      }
    };
    await Promise.all([lane(), lane()]);
    // What is settled is let go of first; when a fault stands alone, the delivery hears of it.
    if (fault !== undefined && outcomes.every((outcome) => outcome === 'retry')) throw fault;
    return outcomes;
  }

  /**
   * Makes the index template.
   * @throws ImproperlyConfiguredError with what an administrator would run, where this account may
   * not.
   */
  protected override async setup(context: WriteContext): Promise<void> {
    await this.connect();
    const { indexName } = this.#options;
    const index = indexOf(indexName, new Date());
    const refusal = await ensureTemplate(this.#client!, indexName, index, context.signal).catch(
      async (error: Error) => {
        throw await this.#explainError(error);
      },
    );
    if (refusal !== undefined) throw new ImproperlyConfiguredError(refusal);
  }

  /** Asks what this account may, and whether today's index takes documents; no template is made. */
  protected override async probe({ signal }: WriteContext): Promise<readonly string[]> {
    await this.connect();
    const index = indexOf(this.#options.indexName, new Date());
    try {
      return await probeIndex(this.#client!, index, signal);
    } catch (error) {
      throw await this.#explainError(error as Error);
    }
  }

  protected override async examine(report: Report, { signal }: WriteContext): Promise<Examination> {
    await this.connect();
    return examineDocument(
      this.#client!,
      indexOf(this.#options.indexName, report.timestamp),
      report.id,
      signal,
    );
  }

  protected override async *pages(query: ReadQuery): AsyncGenerator<readonly Report[], void> {
    const { client: given, indexName } = this.#options;
    const client = given ?? (await makeClient(this.#options, READ_TIMEOUT_MS));
    try {
      yield* readIndices(client, indexName, query);
    } catch (error) {
      throw query.signal.aborted ? error : await this.#explainError(error as Error, client);
    } finally {
      if (given === undefined) await client.close();
    }
  }

  protected override async disconnect(): Promise<void> {
    if (this.#options.client === undefined) await this.#client?.close();
    this.#client = undefined;
  }

  /**
   * The batch as requests of bounded size, encoded in slices while others are on their way; a
   * single larger report is a request of its own. What cannot be written at all is rejected here.
   */
  async *#requests(
    reports: readonly Report[],
    outcomes: Outcome[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly Item[], void> {
    let items: Item[] = [];
    let bytes = 0;
    const slice = new TimeSlice();
    for (let position = 0; position < reports.length; position++) {
      if (slice.isOver) await slice.pause();
      const encoded = encode(this.#options.indexName, reports[position]!);
      if ('rejected' in encoded) {
        outcomes[position] = encoded;
        continue;
      }
      const size = Buffer.byteLength(encoded.lines);
      if (
        items.length > 0 &&
        (bytes + size > this.#requestBytes || items.length === REQUEST_REPORTS)
      ) {
        await this.#prepare(items, signal);
        yield items;
        items = [];
        bytes = 0;
      }
      const { lines, index } = encoded;
      items.push({ lines, index, position });
      bytes += size;
    }
    await this.#prepare(items, signal);
    if (items.length > 0) yield items;
  }

  /**
   * Sees to the index template before the first document of an index, so that a new day heals what
   * was deleted or replaced.
   */
  async #prepare(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const index = items.find((item) => !this.#prepared.has(item.index))?.index;
    if (index === undefined) return;
    const warning = await ensureTemplate(this.#client!, this.#options.indexName, index, signal);
    if (warning !== undefined) this.warn('template', warning);
    if (this.#prepared.size > MAX_PREPARED) this.#prepared.clear();
    for (const item of items) this.#prepared.add(item.index);
  }

  /** Names the product if it is the wrong one: OpenSearch answers much as Elasticsearch does. */
  async #explainError(error: Error, client = this.#client!): Promise<Error> {
    return isOwnError(error, 'KANEDA_IMPROPERLY_CONFIGURED') ? nameProduct(client, error) : error;
  }

  async #bulk(items: readonly Item[], signal: AbortSignal): Promise<readonly BulkItem[]> {
    const operations = [items.map(({ lines }) => lines).join('\n')];
    try {
      const answer = await this.#client!.bulk(
        { operations, filter_path: 'items.*.status,items.*.error.type' },
        // A signal of its own: the client sends it events. Another node is asked at once; pauses
        // are the delivery's.
        {
          signal: AbortSignal.any([signal]),
          maxRetries: this.#options.client === undefined ? nodesOf(this.#options).length - 1 : 0,
        },
      );
      const answers = (answer.items ?? []).map((item) => item.create as BulkItem);
      this.#requestBytes = Math.min(this.#requestBytes * 2, REQUEST_BYTES.most);
      if (
        answers.length === items.length &&
        answers.every((item) => typeof item?.status === 'number')
      )
        return answers;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 429)
        this.#requestBytes = Math.max(this.#requestBytes / 2, REQUEST_BYTES.least);
      throw classifyFailure(error, Buffer.byteLength(operations[0]!));
    }
    throw new ImproperlyConfiguredError(
      'what answers at this address is not the bulk API of Elasticsearch: check connectionUrl or host',
    );
  }
}

registerTarget('elasticsearch', ElasticsearchExporter);
