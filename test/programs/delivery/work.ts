import { strictEqual } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INTERNALS } from '../../../exporters/delivery/internals.js';

/*
 * Counts how often blocks of this package's code are run for so much and for four times as much, and prints the quotients as
 * JSON: about 4 where the work is linear, 16 where it is quadratic, however busy the machine is. The engine counts only in code
 * that it compiles after the counting began; so it begins before the imports, in a program of its own.
 */
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const { newId } = await import('../../../exporters/index.js');
const { Worker } = await import('../../../exporters/queues/index.js');
const { Metrics } = await import('../../../src/index.js');
const { plainReports } = await import('../../conformance/suites/exporter.js');
const { ScriptedExporter, ScriptedStore } = await import('../../support/scripted-exporter.js');

const root = mkdtempSync(join(tmpdir(), 'kaneda-work-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
let made = 0;
const place = (on: 'memory' | 'disk') =>
  on === 'disk' ? { directory: join(root, `${made++}`) } : {};
const down = () => Object.assign(new ScriptedStore(), { state: 'down' as const });

async function events(count: number, on: 'memory' | 'disk'): Promise<void> {
  const exporter = new ScriptedExporter(new ScriptedStore(), { outbox: place(on) });
  const metrics = new Metrics({ backend: exporter });
  for (let i = 0; i < count; i++) metrics.event('ev', `x${i}`);
  while (exporter.ledger().stored < count) await metrics.flush();
  await metrics.close();
}

async function flushes(count: number, on: 'memory' | 'disk'): Promise<void> {
  const exporter = new ScriptedExporter(new ScriptedStore(), { outbox: place(on) });
  const waiting = plainReports(count).map((report) => {
    exporter[INTERNALS].accept([report]);
    return exporter.forceFlush();
  });
  await Promise.all(waiting);
  await exporter.shutdown();
}

/** Each report makes room for itself. */
async function overflow(count: number, on: 'memory' | 'disk'): Promise<void> {
  const exporter = new ScriptedExporter(down(), { outbox: { maxBytes: 20_000, ...place(on) } });
  for (const report of plainReports(count)) exporter[INTERNALS].accept([report]);
  await exporter.shutdown({ timeout: 100 });
  strictEqual((exporter.ledger().dropped['outbox full'] ?? 0) > count - 500, true);
}

/** The disk takes nothing, so that reports wait in memory until they are too many. */
async function noDisk(count: number): Promise<void> {
  const file = join(root, 'file');
  writeFileSync(file, '');
  const exporter = new ScriptedExporter(down(), { outbox: { directory: join(file, 'outbox') } });
  const value = 'x'.repeat(30_000);
  for (let i = 0; i < count; i++)
    exporter[INTERNALS].accept([
      { id: newId(), name: 'large', metric: 'event', value, timestamp: new Date(), host: 'here' },
    ]);
  await exporter.shutdown({ timeout: 50 });
}

async function inherited(count: number): Promise<void> {
  const outbox = place('disk');
  const before = new ScriptedExporter(down(), { outbox });
  before[INTERNALS].accept(plainReports(count));
  await before.forceFlush();
  await before.shutdown();
  while (before.store.disconnects === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const after = new ScriptedExporter(new ScriptedStore(), { outbox });
  while (after.ledger().stored < count) await after.forceFlush();
  await after.shutdown();
}

async function jobs(count: number): Promise<void> {
  const left = plainReports(count);
  const done = async (): Promise<void> => {};
  const take = async ({ max }: { max: number }) =>
    left.splice(0, max).map((report) => ({ report, acknowledge: done, retry: done, reject: done }));
  const internals = { onProblem: undefined, attach: () => {}, detach: done };
  const queue = { take, [INTERNALS]: internals };
  const exporter = new ScriptedExporter();
  const worker = new Worker({ queue: queue as never, backend: exporter, batchSize: 50 });
  await worker.run({ once: true });
  await worker.close();
  strictEqual(exporter.store.reports.size, count);
}

async function work(run: (count: number) => Promise<void>, count: number): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  await run(count);
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => /\/(src|bridges|exporters)\/[^:]+\.ts$/.test(url.split('?')[0]!))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, range) => sum + range.count, 0);
}

const SCENARIOS: Readonly<Record<string, readonly [(count: number) => Promise<void>, number]>> = {
  'events in memory': [(count) => events(count, 'memory'), 1_500],
  'events on disk': [(count) => events(count, 'disk'), 1_500],
  'flushes in memory': [(count) => flushes(count, 'memory'), 1_500],
  'flushes on disk': [(count) => flushes(count, 'disk'), 1_500],
  'drops in memory': [(count) => overflow(count, 'memory'), 2_000],
  'drops on disk': [(count) => overflow(count, 'disk'), 2_000],
  'reports without a disk': [noDisk, 3_000],
  'reports of an earlier process': [inherited, 1_000],
  'jobs of a worker': [jobs, 1_500],
};

const growth: Record<string, number> = {};
for (const [name, [run, count]] of Object.entries(SCENARIOS)) {
  await run(count >> 3);
  const once = await work(run, count);
  growth[name] = (await work(run, count * 4)) / once;
}
process.stdout.write(JSON.stringify(growth));
process.exit();
