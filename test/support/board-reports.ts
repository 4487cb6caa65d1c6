import { randomUUID } from 'node:crypto';
import type { Distribution } from '../../exporters/reports/distribution.js';
import type { Report } from '../../exporters/reports/report.js';
import { toLine } from '../../exporters/stores/logger/documents.js';

/** Reports as lines of a log file. */
export const linesOf = (reports: readonly Report[]): string => reports.map(toLine).join('');

/** A report of a counter, unless `rest` says otherwise. */
export function boardReport(timestamp: number, rest: Partial<Report>): Report {
  return {
    id: randomUUID(),
    name: 'user.signup',
    metric: 'counter',
    host: 'web-1',
    instance: 'web-1:4711',
    timestamp: new Date(timestamp),
    ...rest,
  };
}

/** An aggregated timing of values above 0. */
export function boardTiming(
  timestamp: number,
  values: readonly number[],
  rest: Partial<Report>,
): Report {
  const sum = values.reduce((all, value) => all + value, 0);
  const fields = {
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: sum / values.length,
    ...percentilesOf(values),
  };
  const distribution = distributionOf(values);
  return boardReport(timestamp, {
    metric: 'timing',
    unit: 's',
    value: fields.mean,
    fields,
    distribution,
    ...rest,
  });
}

function percentilesOf(values: readonly number[]): Record<string, number> {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
}

const SCALE = 5;

function distributionOf(values: readonly number[]): Distribution {
  const buckets = values.map((value) => Math.ceil(Math.log2(value) * 2 ** SCALE) - 1);
  const offset = Math.min(...buckets);
  const counts = new Array<number>(Math.max(...buckets) - offset + 1).fill(0);
  for (const bucket of buckets) counts[bucket - offset]! += 1;
  return { scale: SCALE, zeroCount: 0, offset, counts };
}
