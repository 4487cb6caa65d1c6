import { HistogramCell } from '../bridges/cells/series/exponential-histogram.js';
import { distributionOf } from '../exporters/reports/distribution.js';
import { newId } from '../exporters/reports/ids.js';
import type { Report } from '../exporters/reports/report.js';

const ROUTES = ['/', '/products/:name', '/orders/:name', 'other'];

/**
 * The `i`th report: half of them counters, half timings of up to 30 values, as four processes of a shop would store them.
 * @param start milliseconds since the epoch, of the first; each later one is 4 ms after the one before.
 */
export function reportOf(i: number, start: number): Report {
  const timestamp = new Date(start + i * 4);
  const base = {
    id: newId(timestamp.getTime()),
    timestamp,
    startTimestamp: new Date(timestamp.getTime() - 10_000),
    host: 'web-1',
    instance: `web-1:${i % 4}`,
    appName: 'shop',
  };
  const route = ROUTES[i % ROUTES.length]!;
  if (i % 2 === 0) {
    const tags = { route, status: i % 40 === 0 ? 500 : 200 };
    return { ...base, name: 'shop.requests', metric: 'counter', value: 1 + (i % 17), tags };
  }
  const cell = new HistogramCell();
  for (let n = i % 30; n >= 0; n--) cell.record(Math.exp(-4 + Math.random() * 2));
  const { count, sum, min, max } = cell;
  const mean = sum / count;
  return {
    ...base,
    name: 'shop.duration',
    metric: 'timing',
    value: mean,
    fields: { count, sum, min, max, mean, p50: mean, p90: max, p95: max, p99: max },
    distribution: distributionOf(cell.toPoint())!,
    unit: 's',
    tags: { route },
  };
}
