import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { toDocument } from './documents.js';
import type { OtlpReport, PlainResource, PointSource, RecordSource } from './source.js';

/** The content of one OTLP request, and the positions of its reports in the batch. */
export type OtlpRequest =
  | { readonly signal: 'metrics'; readonly data: ResourceMetrics; readonly positions: number[] }
  | { readonly signal: 'logs'; readonly data: ReadableLogRecord[]; readonly positions: number[] };

/**
 * The requests that carry a batch: one for the metrics of each resource, one for all log records.
 */
export function requestsOf(reports: readonly OtlpReport[]): OtlpRequest[] {
  const same = new Interning();
  const metrics = new Map<PlainResource, Points>();
  const records: ReadableLogRecord[] = [];
  const positions: number[] = [];
  reports.forEach((report, position) => {
    const source = toDocument(report);
    const resource = same.of(source.resource);
    if ('point' in source) {
      let points = metrics.get(resource);
      if (points === undefined) {
        points = new Points(resource);
        metrics.set(resource, points);
      }
      points.add(source, position, same);
    } else {
      records.push(recordOf(source, resource, same));
      positions.push(position);
    }
  });
  const requests = Array.from(metrics.values(), (points): OtlpRequest => points.request());
  return records.length === 0
    ? requests
    : [...requests, { signal: 'logs', data: records, positions }];
}

/**
 * Finds equal resources, scopes and metrics again that are no longer the same object: each report
 * from a queue or a disk has its own.
 */
class Interning {
  readonly #seen = new Map<object, object>();
  readonly #equal = new Map<string, object>();

  of<T extends object>(value: T): T {
    let known = this.#seen.get(value);
    if (known === undefined) {
      const key = JSON.stringify(value);
      known = this.#equal.get(key) ?? value;
      this.#equal.set(key, known);
      this.#seen.set(value, known);
    }
    return known as T;
  }
}

/** The data points of one resource, by scope and metric. */
class Points {
  readonly #scopes = new Map<object, Map<object, MetricData>>();
  readonly #positions: number[] = [];

  constructor(readonly resource: PlainResource) {}

  add(source: PointSource, position: number, same: Interning): void {
    const scope = same.of(source.scope);
    let metrics = this.#scopes.get(scope);
    if (metrics === undefined) {
      metrics = new Map();
      this.#scopes.set(scope, metrics);
    }
    const key = same.of(source.metric);
    let metric = metrics.get(key);
    if (metric === undefined) {
      metric = { ...key, dataPoints: [] } as unknown as MetricData;
      metrics.set(key, metric);
    }
    (metric.dataPoints as unknown[]).push(source.point);
    this.#positions.push(position);
  }

  request(): OtlpRequest {
    const scopeMetrics = Array.from(this.#scopes, ([scope, metrics]) => ({
      scope,
      metrics: [...metrics.values()],
    }));
    const data = { resource: this.resource, scopeMetrics } as unknown as ResourceMetrics;
    return { signal: 'metrics', data, positions: this.#positions };
  }
}

function recordOf(
  source: RecordSource,
  resource: PlainResource,
  same: Interning,
): ReadableLogRecord {
  const instrumentationScope = same.of(source.record.instrumentationScope);
  return { ...source.record, instrumentationScope, resource } as ReadableLogRecord;
}
