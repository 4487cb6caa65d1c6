import { expect } from 'chai';
import type { Report } from '../../../exporters/reports/report.js';
import { boardReport, boardTiming } from '../board-reports.js';

const MINUTE_MS = 60_000;
const MINUTES = 3;
const PROCESSES = ['web-1:1', 'web-2:1'];

/** Requests of a route in a minute of a process: their number, seconds and status. */
export const KNOWN_REQUESTS = [
  ['/', 60, 0.01, 200],
  ['/slow', 40, 0.1, 200],
  ['/slow', 4, 0.1, 500],
] as const;

/** What the dashboards must find of {@link knownReports}, in each minute. */
export const KNOWN = {
  requests: { '/': 120, '/slow': 88 },
  failed: { '/slow': 8 },
  percentiles: { p50: 0.01, p95: 0.1, p99: 0.1 },
  means: { '/': 0.01, '/slow': 0.1 },
  active: { 'web-1:1': 3, 'web-2:1': 5 },
  ledger: { pending: 7, rejected: 2, dropped: 1 },
  events: ['deploy version 2', 'deploy version 1'],
} as const;

/** The minutes of {@link knownReports}, milliseconds since the epoch. */
export const knownTimes = (from: number): number[] =>
  Array.from({ length: MINUTES }, (_, minute) => from + minute * MINUTE_MS);

/** The same number in each known minute, by group. */
export const inEachMinute = (from: number, numbers: object): Record<string, object> =>
  Object.fromEntries(
    Object.entries(numbers).map(([group, number]) => [
      group,
      Object.fromEntries(knownTimes(from).map((time) => [time, number])),
    ]),
  );

/** Asserts that there is a number for each known minute, near the mean. */
export function expectMeans(
  found: Readonly<Record<number, unknown>>,
  from: number,
  mean: number,
  within: number,
): void {
  expect(Object.keys(found).map(Number)).to.deep.equal(knownTimes(from));
  for (const number of Object.values(found)) expect(number).to.be.closeTo(mean, within);
}

/** Reports of some minutes of two processes, of which everything is known. `from`: a whole minute. */
export function knownReports(from: number): Report[] {
  const events = ['version 1', 'version 2'].map((value, i) =>
    boardReport(from + i * MINUTE_MS, { name: 'deploy', metric: 'event', value }),
  );
  const minutes = knownTimes(from).flatMap((minute) =>
    PROCESSES.flatMap((instance) => reportsOf(minute + MINUTE_MS / 2, instance)),
  );
  return [...minutes, ...events];
}

function reportsOf(at: number, instance: string): Report[] {
  const [host = ''] = instance.split(':');
  const gauge = (name: string, value: number): Report =>
    boardReport(at, { instance, host, name, metric: 'gauge', value });
  const requests = KNOWN_REQUESTS.map(([route, count, seconds, status]) =>
    boardTiming(at, new Array(count).fill(seconds), {
      instance,
      host,
      name: 'http.server.request.duration',
      tags: { 'http.route': route, 'http.response.status_code': status },
    }),
  );
  const counts = Object.entries(KNOWN.ledger);
  return [
    ...requests,
    gauge('http.server.active_requests', KNOWN.active[instance as keyof typeof KNOWN.active]),
    ...counts.map(([part, count]) => gauge(`kaneda.ledger.${part}`, count)),
  ];
}
