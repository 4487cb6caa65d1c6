import type { Report } from '../../exporters/reports/report.js';
import { boardReport, boardTiming } from './board-reports.js';

const STEP_MS = 10_000;
const PROCESSES = ['web-1:4711', 'web-2:4711'];
/** Requests of an interval, and the usual seconds of one. */
const ROUTES = [
  ['/', 200, 0.004],
  ['/products/:name', 130, 0.012],
  ['/orders/:name', 45, 0.045],
] as const;
const DEPLOYED_BEFORE_MS = 22 * 60_000;
const SLOW_FOR_MS = 6 * 60_000;

/** Reports of a shop on two processes over some minutes. After a deployment its orders are slow for a while. The same numbers come each time. */
export function sampleShop(now: number, minutes: number): Report[] {
  const random = seeded(7);
  const deployed = now - DEPLOYED_BEFORE_MS;
  const reports = [
    boardReport(deployed, { name: 'deploy', metric: 'event', value: 'version 2.4.1' }),
    boardReport(deployed + SLOW_FOR_MS, {
      name: 'deploy',
      metric: 'event',
      value: 'version 2.4.2',
    }),
  ];
  for (let at = now - minutes * 60_000 + STEP_MS; at <= now; at += STEP_MS) {
    const slow = at > deployed && at < deployed + SLOW_FOR_MS ? 3 : 1;
    const wave = 1 + 0.35 * Math.sin(at / 700_000) + 0.06 * random();
    for (const instance of PROCESSES) reports.push(...interval(at, instance, wave, slow, random));
    if (slow > 1 && random() < 0.12)
      reports.push(
        boardReport(at, {
          name: 'order.failed',
          metric: 'event',
          value: 'payment of 500 refused',
          tags: { route: '/orders/:name' },
        }),
      );
  }
  return reports;
}

function interval(at: number, instance: string, wave: number, slow: number, random: () => number) {
  const startTimestamp = new Date(at - STEP_MS);
  const rest = { instance, startTimestamp };
  const counted = (name: string, value: number, tags: Record<string, string | number>) =>
    boardReport(at, { ...rest, name, value: Math.round(value), tags });
  const reports: Report[] = [];
  for (const [route, requests, seconds] of ROUTES) {
    const count = Math.round((requests * wave) / PROCESSES.length);
    const delay = route === '/orders/:name' ? slow : 1;
    const values = Array.from(
      { length: count },
      () => seconds * delay * Math.exp(0.5 * normal(random)),
    );
    reports.push(
      boardTiming(at, values, { ...rest, name: 'http.server.duration', tags: { route } }),
    );
    const failed = route === '/orders/:name' && slow > 1 ? Math.round(count * 0.2) : 0;
    reports.push(counted('http.server.requests', count - failed, { route, status: 200 }));
    if (failed > 0) reports.push(counted('http.server.requests', failed, { route, status: 500 }));
  }
  const drift = Math.sin(at / 1_100_000 + PROCESSES.indexOf(instance));
  const gauge = (name: string, value: number, unit?: string) =>
    boardReport(at, {
      instance,
      name,
      metric: 'gauge',
      value,
      ...(unit !== undefined && { unit }),
    });
  reports.push(
    gauge('process.memory', Math.round(96e6 + 34e6 * drift + 2e6 * random()), 'By'),
    gauge('db.connections', Math.round(9 + 3 * drift + random())),
    counted('user.signup', 9 * wave + 2 * random(), { plan: 'free' }),
    counted('user.signup', 3 * wave + random(), { plan: 'team' }),
  );
  return reports;
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Random numbers from 0 to 1 that are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
