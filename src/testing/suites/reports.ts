import { newId } from '../../../exporters/reports/ids.js';
import type { Report } from '../../../exporters/reports/report.js';

/** Makes plain reports, the values 0, 1, 2 …, a millisecond apart. */
export function plainReports(count: number, name = 'conformance.plain'): Report[] {
  const start = Date.now();
  return Array.from({ length: count }, (_, value) => ({
    id: newId(start + value),
    name,
    metric: 'gauge',
    value,
    tags: { route: `/${value % 7}` },
    timestamp: new Date(start + value),
    host: 'conformance',
  }));
}

const KINDS: readonly ((i: number) => Partial<Report>)[] = [
  (i) => ({
    metric: 'timing',
    value: 1.5,
    fields: { count: 2, sum: 3, mean: 1.5 },
    distribution: { scale: 6, zeroCount: 0, offset: -1, counts: [1, ...Array(63).fill(0), 1] },
    instance: `far-away:${i}`,
    tags: { a: 'é', n: i },
  }),
  (i) => ({ metric: 'event', value: `text ${i} "quoted" 😀`, tags: ['x', 'y'] }),
  () => ({ metric: 'order', value: 2n ** 70n, unit: 'By', appName: 'app', instance: 'app-1' }),
  (i) => ({
    metric: 'histogram',
    value: i,
    fields: { count: i + 1 },
    distribution: { bounds: [-1, 0.5], counts: [0, i, 1] },
    startTimestamp: new Date(1_780_000_000_000),
  }),
  (i) => ({ metric: 'gauge', value: i / 4, startTimestamp: new Date(1_780_000_000_000) }),
];

/** Makes reports of every kind, with ids of their own. */
export function someReports(count: number, changes: Partial<Report> = {}): Report[] {
  return Array.from({ length: count }, (_, i) => ({
    id: newId(),
    name: `queue.test.${i % 7}`,
    metric: 'gauge',
    timestamp: new Date(1_790_000_000_000 + i),
    host: 'far-away',
    ...KINDS[i % KINDS.length]!(i),
    ...changes,
  }));
}
