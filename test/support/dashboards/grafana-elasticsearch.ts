import type { Target } from './files.js';

interface Aggregation {
  readonly id: string;
  readonly type: string;
  readonly field: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

const METRICS = ['sum', 'avg', 'max', 'percentiles'];

/**
 * The search that Grafana's data source for Elasticsearch makes of a panel's query: buckets one in the other, the metric in the innermost.
 * @throws Error for what a query has and this does not translate.
 */
export function searchOf(target: Target, from: number, to: number): Record<string, unknown> {
  const { query, metrics, bucketAggs, timeField } = target as {
    query: string;
    timeField: string;
    metrics: Aggregation[];
    bucketAggs: Aggregation[];
  };
  const time = { range: { [timeField]: { gte: from, lte: to, format: 'epoch_millis' } } };
  const filter = [time, { query_string: { analyze_wildcard: true, query } }];
  const [metric] = metrics;
  if (metric === undefined || metrics.length > 1) throw new Error('one metric is translated');
  const bool = { query: { bool: { filter } } };
  if (metric.type === 'raw_data')
    return { ...bool, size: Number(metric.settings?.size), sort: [{ [timeField]: 'desc' }] };
  const innermost = { [metric.id]: metricOf(metric) };
  const aggs = bucketAggs.reduceRight<Record<string, unknown>>(
    (inner, bucket) => ({ [bucket.id]: { ...bucketOf(bucket, timeField), aggs: inner } }),
    innermost,
  );
  return { ...bool, size: 0, aggs };
}

function metricOf({ type, field, settings }: Aggregation): Record<string, unknown> {
  if (!METRICS.includes(type)) throw new Error(`the metric ${type} is not translated`);
  return { [type]: { field, ...(type === 'percentiles' && { percents: settings?.percents }) } };
}

function bucketOf({ type, field, settings = {} }: Aggregation, timeField: string) {
  const { size, order, orderBy, missing, interval, min_doc_count } = settings;
  if (type === 'terms')
    return {
      terms: {
        field,
        size: Number(size),
        missing,
        order: { [orderBy === '_term' ? '_key' : String(orderBy)]: order },
      },
    };
  if (type !== 'date_histogram' || field !== timeField)
    throw new Error(`the bucket ${type} of ${field} is not translated`);
  return {
    date_histogram: { field, fixed_interval: interval, min_doc_count: Number(min_doc_count) },
  };
}
