import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INTERNALS } from '../exporters/delivery/internals.js';
import { newId, type Report } from '../exporters/index.js';
import { sizeOf } from '../exporters/reports/estimated-size.js';
import { toLine } from '../exporters/stores/logger/documents.js';
import { Shop } from '../src/cli/demo/shop.js';
import { visit } from '../src/cli/demo/traffic.js';
import { Metrics } from '../src/index.js';
import { InMemoryExporter } from '../src/testing/index.js';
import { median } from './race.js';

/*
 * How many bytes a report takes in an outbox: what `maxBytes` counts, what the heap grows by, and what the disk holds. Then by how much
 * distributions let the demo's timings grow; more than 400 bytes in the median end it with code 1.
 *
 *     node --expose-gc --import tsx bench/report-bytes.ts [reports, default 50,000]
 */
const COUNT = Number(process.argv[2] ?? 50_000);
const TAGS = { route: '/users/:id', method: 'GET', status: 200 };

const KINDS: Readonly<Record<string, (metrics: Metrics) => void>> = {
  'counter without tags': (metrics) => metrics.increment('user.profile.views'),
  'counter or gauge with three tags': (metrics) => metrics.increment('http.server.requests', TAGS),
  'timing of 1,000 calls with three tags': (metrics) => {
    for (let i = 1; i <= 1_000; i++) metrics.timing('http.server.duration', i / 250, TAGS);
  },
  'event of 100 characters': (metrics) => metrics.event('order.paid', 'x'.repeat(100), TAGS),
  'custom of 20 fields': (metrics) =>
    metrics.custom('order', {
      metric: 'order',
      value: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field${i}`, `value ${i}`])),
    }),
};

/** The one report that the calls make. */
async function reportOf(record: (metrics: Metrics) => void): Promise<Report> {
  const backend = new InMemoryExporter();
  const metrics = new Metrics({ backend });
  record(metrics);
  await metrics.close();
  return backend.reports[0]!;
}

/** As many like it, which share nothing. */
const copies = (report: Report): Report[] =>
  Array.from({ length: COUNT }, () => ({ ...structuredClone(report), id: newId() }));

function usedBytes(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

async function heapBytes(report: Report): Promise<number> {
  const exporter = new InMemoryExporter({ onProblem: () => {}, outbox: { maxBytes: 2 ** 31 } });
  exporter.state = 'silent';
  const before = usedBytes();
  exporter[INTERNALS].accept(copies(report));
  const grown = usedBytes() - before;
  await exporter.shutdown({ timeout: 1 });
  return grown / COUNT;
}

async function diskBytes(report: Report): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'kaneda-bytes-'));
  const exporter = new InMemoryExporter({ onProblem: () => {}, outbox: { directory } });
  exporter.state = 'down';
  try {
    exporter[INTERNALS].accept(copies(report));
    await exporter.forceFlush({ timeout: 60_000 });
    return directoryBytes(directory) / COUNT;
  } finally {
    await exporter.shutdown({ timeout: 100 });
    rmSync(directory, { recursive: true, force: true });
  }
}

const directoryBytes = (directory: string): number =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

console.log('| report | counted | heap | disk |\n| --- | --- | --- | --- |');
for (const [name, record] of Object.entries(KINDS)) {
  const report = await reportOf(record);
  const [heap, disk] = [await heapBytes(report), await diskBytes(report)];
  const shown = [sizeOf(report), heap, disk].map((bytes) => Math.round(bytes));
  console.log(`| ${name} | ${shown.join(' | ')} |`);
}

/** By how many bytes the demo's timings grow, as lines of a log file, by their distribution, mean and process. */
async function growth(): Promise<number[]> {
  const backend = new InMemoryExporter();
  const metrics = new Metrics({ backend, exportInterval: 120_000 });
  const shop = new Shop(metrics);
  await visit(await shop.listen(), 8, 3_000);
  await shop.close();
  await metrics.close();
  const lengthOf = (report: Report): number => (toLine(report) as string).length;
  return backend.reports
    .filter(({ distribution }) => distribution !== undefined)
    .map((report) => {
      const { distribution: _, value: _mean, instance: _process, ...before } = report;
      return lengthOf(report) - lengthOf(before);
    })
    .sort((a, b) => a - b);
}

const MAX_GROWTH_BYTES = 400;
const grown = await growth();
const middle = median(grown);
console.log(
  `\nA timing of the demo grows by ${middle} bytes in the median (${grown.join(', ')}); at most ${MAX_GROWTH_BYTES} are allowed`,
);
if (middle > MAX_GROWTH_BYTES) process.exitCode = 1;
