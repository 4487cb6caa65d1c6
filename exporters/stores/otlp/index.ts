import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
} from '@opentelemetry/sdk-metrics';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { ImproperlyConfiguredError } from '../../errors.js';
import { ReportExporter } from '../../report-exporter.js';
import { TEMPORALITY } from '../../reports/point-kinds.js';
import type { Conversion, Report, Steps } from '../../reports/report.js';
import type { Exported } from '../../reports/to-reports.js';
import { registerTarget } from '../../setup/registry.js';
import { monotonic } from '../../timing/real-timers.js';
import { sleep } from '../../timing/sleep.js';
import { assertPeers, type Channel, openChannels } from './client.js';
import {
  OPTION_RULES,
  type OtlpExporterOptions,
  prefersCumulative,
  prefersExplicitBuckets,
  secretsIn,
  targetOf,
  variableFaults,
} from './options.js';
import { classifyConnection, classifyFailure, classifyUnclear, enterOutcomes } from './outcomes.js';
import { type OtlpRequest, requestsOf } from './requests.js';
import { type OtlpReport, SourcedSteps, withoutBuckets } from './source.js';
import type { Answer, Transport } from './transport.js';

export type { OtlpExporterOptions, OtlpOptions } from './options.js';

/** Longer than this no collector is left alone, whatever it asks for. */
const MAX_WAIT_MS = 300_000;
/** `AggregationType.DEFAULT`: for histograms, explicit buckets. */
const DEFAULT_AGGREGATION = { type: 0 } as AggregationOption;

/**
 * Sends reports to an OpenTelemetry Collector, or anything else that takes OTLP over HTTP: what
 * came as a data point to `/v1/metrics`, what came as a log record to `/v1/logs`, each as it was. A
 * report from elsewhere is a metric if it is a gauge, counter or timing with a number, else a log
 * record. OTLP has no ids that a collector looks at: a request that was taken although its answer
 * was lost is taken twice.
 */
export class OtlpExporter extends ReportExporter {
  readonly #options: OtlpExporterOptions;
  #channels: Record<OtlpRequest['signal'], Channel> | undefined;
  /** Of the monotonic clock: the collector asked to be left alone until then. */
  #quietUntil = Number.NEGATIVE_INFINITY;

  /**
   * @throws SettingsError with all faults of the options; ImproperlyConfiguredError when
   * OpenTelemetry's encoder is not installed.
   */
  constructor(options: OtlpExporterOptions = {}) {
    super(options, {
      name: 'OtlpExporter',
      rules: OPTION_RULES,
      defaults: { ownClient: true },
      faults: () => variableFaults(),
      // The variables are read when the first batch is written.
      secrets: (given: OtlpExporterOptions) => () => secretsIn(given),
      target: targetOf,
    });
    assertPeers();
    this.#options = options;
  }

  /** As `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` says; delta where it says nothing. */
  override selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return prefersCumulative(type)
      ? (TEMPORALITY.cumulative as AggregationTemporality)
      : super.selectAggregationTemporality(type);
  }

  /**
   * As `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` says; exponential where it says
   * nothing.
   */
  override selectAggregation(type: InstrumentType): AggregationOption {
    return prefersExplicitBuckets() ? DEFAULT_AGGREGATION : super.selectAggregation(type);
  }

  /**
   * Data points keep their temporality here: of a cumulative one the whole is sent, not what was
   * added. Records are sent with their texts whole.
   */
  protected override steps(data: Exported, conversion: Conversion): Steps {
    return new SourcedSteps(data, { ...conversion, deltas: undefined, texts: undefined });
  }

  protected override pages(): never {
    throw new ImproperlyConfiguredError(
      'OTLP can only be written to: read the store that the collector exports to, or add a second backend that can be read',
    );
  }

  protected override async connect(): Promise<void> {
    this.#channels ??= await openChannels(this.#options);
  }

  protected override async write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(reports.length).fill('retry');
    await sleep(this.#quietUntil - monotonic(), { signal, keepAlive: false });
    signal.throwIfAborted();
    const given = reports as readonly OtlpReport[];
    const sent = this.#options.distributions === false ? given.map(withoutBuckets) : given;
    for (const request of requestsOf(sent)) {
      try {
        await this.#send(request, outcomes, signal);
      } catch (error) {
        // What was taken must not be sent again; the rest is, and then this error stands alone.
        if (outcomes.some((outcome) => outcome !== 'retry')) break;
        throw error;
      }
    }
    return outcomes;
  }

  /** Sends each signal's endpoint a request without data. */
  protected override async probe({ signal }: WriteContext): Promise<readonly string[]> {
    await this.connect();
    for (const name of ['metrics', 'logs'] as const)
      await this.#request(name, NOTHING[name], signal);
    return [];
  }

  protected override async disconnect(): Promise<void> {
    for (const { transport } of Object.values(this.#channels ?? {})) transport.close();
    this.#channels = undefined;
  }

  async #send(
    { signal: name, data, positions }: OtlpRequest,
    outcomes: Outcome[],
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await this.#request(name, data, signal);
    const { serializer } = this.#channels![name];
    const warning = enterOutcomes(answer.body, serializer, positions, outcomes);
    if (warning !== undefined) this.warn('partial success', `the collector says: ${warning}`);
  }

  /**
   * Returns the collector's answer if it took the request; else throws. Where it is not clear who
   * refused, the answer to a request without data tells.
   */
  async #request(
    name: OtlpRequest['signal'],
    data: OtlpRequest['data'],
    signal: AbortSignal,
  ): Promise<Answer> {
    const { serializer, transport } = this.#channels![name];
    const endpoint = { address: transport.address, secrets: secretsIn(this.#options) };
    const nothing = NOTHING[name];
    const post = (content: OtlpRequest['data']): Promise<[Answer, number]> => {
      const body = serializer.serializeRequest(content) ?? new Uint8Array();
      return this.#post(transport, body, signal).then((answer) => [answer, body.byteLength]);
    };
    const [answer, size] = await post(data);
    const failure = classifyFailure(answer, size, endpoint);
    if (failure === undefined) return answer;
    if (failure !== 'unclear') throw failure;
    const [control] = data === nothing ? [answer] : await post(nothing);
    throw classifyUnclear(answer, control, endpoint);
  }

  async #post(transport: Transport, body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const answer = await transport.post(body, signal).catch((error: unknown) => {
      throw signal.aborted ? error : classifyConnection(error, transport.address);
    });
    if (answer.retryAfterMs !== undefined)
      this.#quietUntil = monotonic() + Math.min(answer.retryAfterMs, MAX_WAIT_MS);
    return answer;
  }
}

/** Requests without data, to which a collector answers with success. */
const NOTHING = {
  metrics: { resource: { attributes: {} }, scopeMetrics: [] },
  logs: [],
} as unknown as Record<OtlpRequest['signal'], OtlpRequest['data']>;

registerTarget('otlp', OtlpExporter);
