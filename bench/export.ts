/**
 * What it costs to export 100,000 series with two tags, from the cells to a store that keeps nothing: how long it takes, how long the event
 * loop is held up at most, and how many bytes the reports take. Beside it OpenTelemetry's own way for the same data: its JSON of OTLP, in one go.
 * Then what single reports cost on their way through the outbox, in memory and on disk.
 *
 *     node --expose-gc --import tsx bench/export.ts        # after `npm run build`
 */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { INTERNALS } from '../exporters/delivery/internals.js';
import type { ExporterOptions } from '../exporters/report-exporter.js';
import { sizeOf } from '../exporters/reports/estimated-size.js';
import type { Report } from '../exporters/reports/report.js';
import { today } from './first-build.js';
import { median } from './race.js';

const { CellProducer, HeapCells } =
  await today<typeof import('../bridges/index.js')>('bridges.mjs');
const { newId, ReportExporter, toReports } =
  await today<typeof import('../exporters/index.js')>('exporters.mjs');

const ROUTES = Array.from({ length: 400 }, (_, i) => `/route/${i}`);
const USERS = Array.from({ length: 250 }, (_, i) => `user-${i}`);
const SERIES = ROUTES.length * USERS.length;
const ROUNDS = 9;

class NoStore extends ReportExporter {
  stored = 0;
  protected async write(reports: readonly Report[]): Promise<void> {
    this.stored += reports.length;
  }
}

/** Time, and the longest work without anybody else having a turn, in milliseconds. */
interface Cost {
  readonly time: number;
  readonly block: number;
}

/** Milliseconds this thread had a processor: on a busy machine the rest is others' work. Elsewhere than on Linux, time. */
function worked(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

async function measured(work: () => Promise<unknown> | unknown): Promise<Cost> {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  const start = performance.now();
  let last = worked();
  let block = 0;
  let done = false;
  const turn = (): void => {
    const now = worked();
    block = Math.max(block, now - last);
    last = now;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  const time = performance.now() - start;
  done = true;
  await new Promise((resolve) => setImmediate(resolve));
  return { time, block };
}

const middle = (costs: readonly Cost[]): Cost => ({
  time: median(costs.map(({ time }) => time)),
  block: median(costs.map(({ block }) => block)),
});

const cells = new HeapCells();
const family = cells.family('sum', 'bench.requests');
const producer = new CellProducer(cells, { temporality: 0 });

async function collected(): Promise<ResourceMetrics> {
  for (const route of ROUTES) for (const user of USERS) family.add({ route, user }, 1);
  const { resourceMetrics } = await producer.collect();
  return resourceMetrics;
}

const ours: Cost[] = [];
const peers: Cost[] = [];
const collecting: Cost[] = [];
for (let round = -2; round < ROUNDS; round++) {
  let data: ResourceMetrics | undefined;
  const collect = await measured(async () => {
    data = await collected();
  });
  const exporter = new NoStore();
  const own = await measured(async () => {
    exporter.export(data!, () => {});
    await exporter.forceFlush();
  });
  await exporter.shutdown();
  if (exporter.stored !== SERIES)
    throw new Error(`${exporter.stored} of ${SERIES} reports arrived`);
  const peer = await measured(() => JsonMetricsSerializer.serializeRequest(data!));
  if (round < 0) continue;
  collecting.push(collect);
  ours.push(own);
  peers.push(peer);
}

const [own, peer, collect] = [middle(ours), middle(peers), middle(collecting)];
const reports = toReports(await collected());
const json =
  reports.slice(0, 1_000).reduce((sum, report) => sum + JSON.stringify(report).length, 0) / 1_000;
const estimated = reports.reduce((sum, report) => sum + sizeOf(report), 0) / reports.length;
const row = (name: string, { time, block }: Cost): void =>
  console.log(
    `  ${name.padEnd(44)} ${time.toFixed(0).padStart(6)} ms   longest block ${block.toFixed(1).padStart(6)} ms`,
  );
console.log(`${SERIES} series, two tags, median of ${ROUNDS} rounds`);
row('recording and collecting (not part of the export)', collect);
row('ReportExporter, from data points to the store', own);
row('OpenTelemetry, the same data as JSON of OTLP', peer);
console.log(
  `  ratio of times ${(own.time / peer.time).toFixed(2)}, of blocks ${(own.block / peer.block).toFixed(2)}`,
);
console.log(
  `  bytes a report: ${estimated.toFixed(0)} counted by the outbox, ${json.toFixed(0)} as JSON`,
);

/** Single reports as individual mode makes them: one `accept` each, the event loop turning after every hundred. */
async function single(options: ExporterOptions): Promise<number> {
  const exporter = new NoStore(options);
  const count = 100_000;
  const timestamp = new Date();
  const { time } = await measured(async () => {
    for (let i = 0; i < count; i++) {
      exporter[INTERNALS].accept([
        {
          id: newId(),
          name: 'bench.event',
          metric: 'event',
          value: 'text',
          tags: { route: '/' },
          timestamp,
          host: 'h',
        },
      ]);
      if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await exporter.forceFlush();
  });
  await exporter.shutdown();
  return (count / time) * 1_000;
}

const directory = await mkdtemp(join(tmpdir(), 'kaneda-bench-'));
const rates: { memory: number[]; disk: number[] } = { memory: [], disk: [] };
for (let round = 0; round < 5; round++) {
  rates.memory.push(await single({}));
  rates.disk.push(await single({ outbox: { directory: join(directory, String(round)) } }));
}
await rm(directory, { recursive: true });
const [memory, disk] = [median(rates.memory), median(rates.disk)];
console.log(
  `single reports a second: ${memory.toFixed(0)} in memory, ${disk.toFixed(0)} with an outbox on disk (${(disk / memory).toFixed(2)}x)`,
);
