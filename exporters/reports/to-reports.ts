import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { MetricSteps } from './data-points.js';
import { RecordSteps } from './log-records.js';
import type { Conversion, Report, Steps } from './report.js';

/** The options of {@link toReports}. */
export interface ReportOptions {
  /** Instead of the resource's `service.name`. */
  appName?: string;
  /** Takes each reason for which something could not become a report. */
  onRejected?: (reason: string) => void;
}

/** The input of an exporter: a collection's metrics, or log records. */
export type Exported = ResourceMetrics | readonly ReadableLogRecord[];

/**
 * The reports of OpenTelemetry's metrics or log records, one for each data point that moved and
 * each record, validated, in order. The same object gives the same ids each time; another
 * collection gives others, whatever its series and times are. A cumulative sum or histogram is
 * reported as what was added since its start time.
 * @throws TypeError for something other than metrics or log records.
 */
export function toReports(data: Exported, options: ReportOptions = {}): Report[] {
  assertExported(data);
  if (typeof options !== 'object' || options === null)
    throw new TypeError('toReports(): the options must be an object: appName, onRejected.');
  const { onRejected } = options;
  const conversion: Conversion = {
    appName: options.appName,
    rejected: (reason) => onRejected?.(reason),
    deltas: undefined,
  };
  const reports: Report[] = [];
  const steps = stepsOf(data, conversion);
  while (steps.step(reports));
  return reports;
}

function assertExported(data: Exported): void {
  if (Array.isArray(data)) return;
  const { scopeMetrics } = Object(data) as { scopeMetrics?: unknown };
  if (Array.isArray(scopeMetrics)) return;
  throw new TypeError(
    'toReports() takes what OpenTelemetry gives an exporter: pass a ResourceMetrics, as (await reader.collect()).resourceMetrics, or a list of log records.',
  );
}

/** The conversion step by step, so that a large one can pause. */
export function stepsOf(data: Exported, conversion: Conversion): Steps {
  if (Array.isArray(data)) return new RecordSteps(data as readonly ReadableLogRecord[], conversion);
  return new MetricSteps(data as ResourceMetrics, conversion);
}
