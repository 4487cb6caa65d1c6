import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { ownInstance } from '../../reports/own-instance.js';
import { POINT } from '../../reports/point-kinds.js';
import type { Conversion, Report, Steps } from '../../reports/report.js';
import { LEDGER_SCOPE } from '../../reports/scopes.js';
import { type Exported, stepsOf } from '../../reports/to-reports.js';

/** Attributes and schema of a resource: what OTLP carries of it. */
export interface PlainResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly schemaUrl?: string;
}

/**
 * A metric without its points, and the one point: buckets, temporality, times and attributes as
 * they were.
 */
export interface PointSource {
  readonly resource: PlainResource;
  readonly scope: ResourceMetrics['scopeMetrics'][number]['scope'];
  readonly metric: Omit<MetricData, 'dataPoints'>;
  readonly point: MetricData['dataPoints'][number];
}

/** A log record whole, its resource beside it. */
export interface RecordSource {
  readonly resource: PlainResource;
  readonly record: Omit<ReadableLogRecord, 'resource'>;
}

/**
 * A report that carries what it was made from, since OTLP tells more than a report does. All of it
 * is plain data.
 */
export interface OtlpReport extends Report {
  extra?: PointSource | RecordSource;
}

/** A report whose histogram has count, sum, least and greatest value alone, in one bucket. */
export function withoutBuckets(report: OtlpReport): OtlpReport {
  const { extra } = report;
  if (extra === undefined || !('point' in extra)) return report;
  const { dataPointType } = extra.metric;
  if (dataPointType !== POINT.histogram && dataPointType !== POINT.exponential) return report;
  const { count, sum, min, max } = extra.point.value as Histogram;
  const whole = { buckets: { boundaries: [], counts: [count] }, count, sum, min, max };
  const metric = { ...extra.metric, dataPointType: POINT.histogram } as PointSource['metric'];
  const point = { ...extra.point, value: whole } as PointSource['point'];
  return { ...report, extra: { ...extra, metric, point } };
}

/** The reports of OpenTelemetry's data, a data point or record at a time, each with its source. */
export class SourcedSteps implements Steps {
  readonly #steps: Steps;
  readonly #sources: Iterator<PointSource | RecordSource, undefined>;

  constructor(data: Exported, conversion: Conversion) {
    this.#steps = stepsOf(data, conversion);
    this.#sources = Array.isArray(data)
      ? recordSources(data, conversion.appName)
      : pointSources(data as ResourceMetrics, conversion.appName);
  }

  step(into: Report[]): boolean {
    const before = into.length;
    if (!this.#steps.step(into)) return false;
    // Both go through the same points in the same order; some of them make no report.
    const source = this.#sources.next().value;
    if (into.length > before && source !== undefined) into[before]!.extra = source;
    return true;
  }
}

function* pointSources(
  data: ResourceMetrics,
  appName: string | undefined,
): Generator<PointSource, undefined> {
  const resource = plain(data.resource, appName);
  for (const { scope, metrics } of data.scopeMetrics) {
    if (scope.name === LEDGER_SCOPE) continue;
    for (const { dataPoints, ...metric } of metrics) {
      for (const point of dataPoints) yield { resource, scope, metric, point };
    }
  }
  return undefined;
}

function* recordSources(
  records: readonly ReadableLogRecord[],
  appName: string | undefined,
): Generator<RecordSource, undefined> {
  let last: { of: ReadableLogRecord['resource']; resource: PlainResource } | undefined;
  for (const record of records) {
    if (last?.of !== record.resource)
      last = { of: record.resource, resource: plain(record.resource, appName) };
    yield { resource: last.resource, record: copyRecord(record) };
  }
  return undefined;
}

/**
 * A resource as plain data: it keeps its attributes behind getters, where JSON does not find them.
 * The application's name, if it is an option, takes the place of the resource's. A resource that
 * names no instance is this process.
 */
function plain(
  { attributes: given, schemaUrl }: ReadableLogRecord['resource'],
  appName: string | undefined,
): PlainResource {
  const attributes = {
    'service.instance.id': ownInstance(),
    ...given,
    ...(appName === undefined ? {} : { 'service.name': appName }),
  };
  return schemaUrl === undefined ? { attributes } : { attributes, schemaUrl };
}

/** The same for records, which a later processor might also change. */
function copyRecord(record: ReadableLogRecord): RecordSource['record'] {
  const { hrTime, hrTimeObserved, spanContext, severityText, severityNumber, body, eventName } =
    record;
  const { instrumentationScope, attributes, droppedAttributesCount } = record;
  const always = {
    hrTime,
    hrTimeObserved,
    instrumentationScope,
    attributes: { ...attributes },
    droppedAttributesCount,
  };
  const given = Object.entries({
    spanContext,
    severityText,
    severityNumber,
    body,
    eventName,
  }).filter(([, value]) => value !== undefined);
  return { ...always, ...Object.fromEntries(given) };
}
