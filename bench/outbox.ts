import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { today } from './first-build.js';

const { ReportExporter } = await today<typeof import('../exporters/index.js')>('exporters.mjs');
const { Metrics } = await today<typeof import('../src/index.js')>('index.mjs');

/*
 * Events recorded into an outbox on disk against the same into one in memory, taking turns: the calls alone, and until a store
 * that takes everything has all. Says the ratios, and the longest turn of the event loop after the calls. A turn is the time that
 * its thread had the processor (Node 23.9 and later), so that a busy machine counts for nothing; before, the time of day.
 *
 *     node --import tsx bench/outbox.ts [events] [rounds]        # after `npm run build`
 */
class Taker extends ReportExporter {
  protected async write(): Promise<void> {}
}

interface Round {
  readonly calls: number;
  readonly all: number;
  readonly longest: number;
}

/** Milliseconds of this thread. */
function threadTime(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (threadCpuUsage === undefined) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1_000;
}

/** Measures each turn of the event loop until it is stopped; gives the longest. */
function watchTurns(): () => number {
  let longest = 0;
  let last = threadTime();
  let next = setImmediate(turn);
  function turn(): void {
    const now = threadTime();
    longest = Math.max(longest, now - last);
    last = now;
    next = setImmediate(turn);
  }
  return () => {
    clearImmediate(next);
    return longest;
  };
}

async function round(events: number, directory: string | undefined): Promise<Round> {
  const exporter = new Taker(directory === undefined ? {} : { outbox: { directory } });
  const metrics = new Metrics({ backend: exporter });
  metrics.event('warm', 'up');
  await metrics.flush();
  const start = performance.now();
  for (let i = 0; i < events; i++) metrics.event('bench', `event ${i}`);
  const calls = performance.now() - start;
  await new Promise((resolve) => setImmediate(resolve));
  const longest = watchTurns();
  while (exporter.ledger().stored <= events) await metrics.flush();
  const all = performance.now() - start;
  const held = longest();
  await metrics.close();
  return { calls, all, longest: held };
}

const [events = 100_000, rounds = 5] = process.argv.slice(2).map(Number);
const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[values.length >> 1] as number;
const directory = mkdtempSync(join(tmpdir(), 'kaneda-bench-'));
const memory: Round[] = [];
const disk: Round[] = [];
try {
  // The first ones are compiled on the way.
  await round(events, undefined);
  await round(events, directory);
  for (let i = 0; i < rounds; i++) {
    memory.push(await round(events, undefined));
    disk.push(await round(events, directory));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const key of ['calls', 'all'] as const) {
  const [a, b] = [memory, disk].map((of) => median(of.map((one) => one[key]))) as [number, number];
  console.log(
    `${key}: memory ${a.toFixed(0)} ms, disk ${b.toFixed(0)} ms, ratio ${(b / a).toFixed(2)}`,
  );
}
const [without, added] = [memory, disk].map((of) => median(of.map((one) => one.longest))) as [
  number,
  number,
];
console.log(
  `longest turn of the event loop: memory ${without.toFixed(1)} ms, disk ${added.toFixed(1)} ms, added ${(added - without).toFixed(1)} ms`,
);
