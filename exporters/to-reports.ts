import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { reportsOfMetrics } from './points.js';
import { reportOfRecord } from './records.js';
import type { Conversion, Report } from './report.js';

/** What {@link toReports} may be told. */
export interface ReportOptions {
  /** Instead of the resource's `service.name`. */
  appName?: string;
  /** Told each reason for which something could not become a report. */
  onRejected?: (reason: string) => void;
}

/** What an exporter is given: a collection's metrics, or log records. */
export type Exported = ResourceMetrics | readonly ReadableLogRecord[];

/**
 * The reports of OpenTelemetry's metrics or log records, one for each data point that moved and each record, validated, in order.
 * The same data gives the same ids each time. A cumulative sum or histogram is reported as what was added since its start time.
 */
export function toReports(data: Exported, options: ReportOptions = {}): Report[] {
  const { onRejected } = options;
  const conversion: Conversion = { appName: options.appName, rejected: (reason) => onRejected?.(reason), deltas: undefined };
  const reports: Report[] = [];
  for (const report of conversions(data, conversion)) if (report !== undefined) reports.push(report);
  return reports;
}

/** The conversion step by step, so that a large one can pause: each step is a report, or nothing where none came of it. */
export function* conversions(data: Exported, conversion: Conversion): Generator<Report | undefined, void, undefined> {
  if (!Array.isArray(data)) yield* reportsOfMetrics(data as ResourceMetrics, conversion);
  else for (const record of data as readonly ReadableLogRecord[]) yield reportOfRecord(record, conversion);
}
