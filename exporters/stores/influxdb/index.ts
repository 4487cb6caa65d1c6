import type { Outcome, WriteContext } from '../../delivery/batch-writer.js';
import { ImproperlyConfiguredError, RejectedError } from '../../errors.js';
import { type ExporterOptions, ReportExporter } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { addressOf } from '../../setup/address.js';
import type { Examination } from '../../setup/examination.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';
import { registerTarget } from '../../setup/registry.js';
import { inSlices } from '../../timing/in-slices.js';
import { InfluxConnection } from './connection.js';
import {
  clientRule,
  connectionUrlRule,
  type Endpoint,
  type EndpointOptions,
  endpointOf,
  optionFaults,
  urlRule,
} from './endpoint.js';
import { FieldTypes, fits } from './field-types.js';
import { toPoint, writeLine } from './line-protocol.js';
import { judge, NoDatabaseError, PartialWriteError } from './outcomes.js';
import { createDatabase, hasPoint } from './setup.js';

/** What an {@link InfluxExporter} takes. */
export interface InfluxExporterOptions extends ExporterOptions, EndpointOptions {
  /** The report's name as a tag instead of a field: quicker to query, for a new database. Default false, as Kaneda has it. */
  nameAsTag?: boolean;
  /** Fields whose whole numbers are written as integers; all else is written as floats. Fields that the store has as integers are learned. */
  integerFields?: readonly string[];
}

const OWN_RULES: OptionRules = {
  database: rules.text,
  retentionPolicy: rules.text,
  client: clientRule,
  connectionUrl: connectionUrlRule,
  host: rules.text,
  port: rules.port,
  username: rules.text,
  password: rules.string,
  url: urlRule,
  token: rules.text,
  org: rules.text,
  bucket: rules.text,
  timeout: rules.seconds,
  tls: (value) => (typeof value === 'boolean' ? undefined : rules.object(value)),
  nameAsTag: rules.boolean,
  integerFields: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string')
      ? undefined
      : 'must be a list of field names',
};

/** Lines a write: the server takes twice as many a second as by the thousand. */
const BATCH = 5_000;

/**
 * Writes reports into InfluxDB 1, 2 or 3 as Kaneda's points: the metric's type is the measurement, `host` and the tags are tags, `name` and
 * `value` (or a report's own fields) are fields. A report delivered twice is the same point and is stored once.
 */
export class InfluxExporter extends ReportExporter {
  readonly #endpoint: Endpoint;
  readonly #types: FieldTypes;
  readonly #nameAsTag: boolean;
  #connection: InfluxConnection | undefined;

  /** @throws SettingsError with all faults of the options */
  constructor(options: InfluxExporterOptions = {}) {
    super(options, {
      name: 'InfluxExporter',
      rules: OWN_RULES,
      defaults: { batchSize: BATCH, ownClient: true },
      faults: optionFaults,
      secrets: (given: InfluxExporterOptions) => endpointOf(given).secrets,
      target: (given: InfluxExporterOptions) => addressOf(endpointOf(given).connection.url.href),
    });
    this.#endpoint = endpointOf(options);
    this.#types = new FieldTypes(options.integerFields ?? []);
    this.#nameAsTag = options.nameAsTag ?? false;
  }

  protected override async connect(): Promise<void> {
    this.#connection ??= new InfluxConnection(this.#endpoint.connection);
  }

  protected override async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = reports.map(() => 'stored');
    let pending = await this.#points(reports, outcomes);
    const seen = new Set<string>();
    while (pending.length > 0) {
      const refusal = await this.#send(pending, signal);
      if (refusal === undefined) break;
      const rest = this.#afterRefusal(refusal, pending, outcomes, seen);
      // Nothing learned: the base asks again with ever smaller parts. Points that are stored already overwrite themselves.
      if (rest === undefined) throw refusal;
      pending = rest;
    }
    return outcomes;
  }

  /** Creates the database where the interface has a way: InfluxDB 1. */
  override async setup({ signal }: WriteContext): Promise<void> {
    await this.connect();
    if (this.#endpoint.creates !== undefined) await this.#createDatabase(signal);
  }

  /** Asks InfluxDB 1 for the point at the report's own nanosecond; the tokens of 2 and 3 may commonly write only. */
  override async examine(report: Report, { signal }: WriteContext): Promise<Examination> {
    const { creates: database } = this.#endpoint;
    if (database === undefined) return { remarks: [] };
    const { measurement, time } = toPoint(report, this.#nameAsTag);
    return {
      found: await hasPoint(this.#connection!, database, measurement, time, signal),
      remarks: [],
    };
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
        if (!(error instanceof RejectedError)) throw error;
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
    const body = pending.map(({ line }) => line).join('\n');
    try {
      await this.#post(body, pending.length, signal);
      return undefined;
    } catch (error) {
      if (error instanceof PartialWriteError) return error;
      if (!(error instanceof NoDatabaseError)) throw error;
    }
    await this.#createDatabase(signal);
    try {
      await this.#post(body, pending.length, signal);
      return undefined;
    } catch (error) {
      if (error instanceof PartialWriteError) return error;
      throw error;
    }
  }

  async #post(body: string, count: number, signal: AbortSignal): Promise<void> {
    const { path, query, remedies } = this.#endpoint;
    this.#connection ??= new InfluxConnection(this.#endpoint.connection);
    const answer = await this.#connection.post(
      path,
      query,
      'text/plain; charset=utf-8',
      body,
      signal,
    );
    judge(answer, count, remedies);
  }

  async #createDatabase(signal: AbortSignal): Promise<void> {
    const { creates, remedies } = this.#endpoint;
    const created =
      creates !== undefined && (await createDatabase(this.#connection!, creates, signal));
    if (!created) throw new ImproperlyConfiguredError(`InfluxDB: ${remedies.missing}`);
  }

  /** Rejects what the refusal convicts; what is left goes again, the numbers as the store wants them. Undefined: it says nothing new. */
  #afterRefusal(
    refusal: PartialWriteError,
    pending: Pending[],
    outcomes: Outcome[],
    seen: Set<string>,
  ): Pending[] | undefined {
    const { conflict, lines, all } = refusal;
    const reject = ({ index }: Pending, reason = refusal.message) => {
      outcomes[index] = { rejected: reason };
    };
    if (all) {
      for (const entry of pending) reject(entry);
      return [];
    }
    if (lines.size === 0 && conflict === undefined) return undefined;
    // Where the store names the lines it refused, the others are stored.
    const refused =
      lines.size === 0 ? pending : pending.filter((_, position) => lines.has(position));
    const positions = new Map(pending.map((entry, position) => [entry, position]));
    const fieldOf = ({ report }: Pending) =>
      toPoint(report, this.#nameAsTag).fields.get(conflict?.field ?? '');
    const concerned =
      conflict &&
      refused.filter((entry) => concerns(entry, conflict) && fieldOf(entry) !== undefined);
    const key = JSON.stringify(conflict);
    if (concerned === undefined || concerned.length === 0 || seen.has(key)) {
      if (lines.size === 0) return undefined;
      for (const entry of refused) reject(entry, lines.get(positions.get(entry)!));
      return [];
    }
    seen.add(key);
    for (const measurement of new Set(concerned.map(({ report }) => report.metric)))
      this.#types.learn(measurement, conflict!);
    const misfits = new Set(concerned.filter((entry) => !fits(fieldOf(entry), conflict!.existing)));
    for (const entry of misfits) reject(entry);
    return refused
      .filter((entry) => !misfits.has(entry))
      .map((entry) => ({ ...entry, line: this.#line(entry.report) }));
  }

  #line(report: Report): string {
    return writeLine(toPoint(report, this.#nameAsTag), this.#types);
  }
}

registerTarget('influxdb', InfluxExporter);

/** A report on its way, with its place in the batch. */
interface Pending {
  readonly index: number;
  readonly report: Report;
  readonly line: string;
}

const concerns = (
  { report }: Pending,
  { measurement = report.metric }: { measurement?: string },
): boolean => measurement === report.metric;
