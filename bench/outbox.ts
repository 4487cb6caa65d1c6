import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { ReportExporter } from '../exporters/index.js';
import { Metrics } from '../src/index.js';

/*
 * Events recorded into an outbox on disk against the same into one in memory, taking turns: the calls alone, and until a store
 * that takes everything has all. Says the ratios, and the longest time that the event loop was held after the calls.
 *
 *     node --import tsx bench/outbox.ts [events] [rounds]
 */
class Taker extends ReportExporter {
  protected async write(): Promise<void> {}
}

interface Round {
  readonly calls: number;
  readonly all: number;
  readonly longest: number;
}

async function round(events: number, directory: string | undefined): Promise<Round> {
  const exporter = new Taker(directory === undefined ? {} : { outbox: { directory } });
  const metrics = new Metrics({ backend: exporter });
  metrics.event('warm', 'up');
  await metrics.flush();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const start = performance.now();
  for (let i = 0; i < events; i++) metrics.event('bench', `event ${i}`);
  const calls = performance.now() - start;
  await new Promise((resolve) => setImmediate(resolve));
  loop.enable();
  while (exporter.ledger().stored <= events) await metrics.flush();
  const all = performance.now() - start;
  loop.disable();
  await metrics.close();
  return { calls, all, longest: loop.max / 1e6 };
}

const [events = 100_000, rounds = 5] = process.argv.slice(2).map(Number);
const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[values.length >> 1] as number;
const directory = mkdtempSync(join(tmpdir(), 'kaneda-bench-'));
const memory: Round[] = [];
const disk: Round[] = [];
try {
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
for (const [name, of] of Object.entries({ memory, disk }))
  console.log(
    `${name}: event loop held at most ${Math.max(...of.map(({ longest }) => longest)).toFixed(1)} ms`,
  );
