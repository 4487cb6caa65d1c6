/**
 * What it costs to collect 100,000 series with two tags and to export them to a store that keeps nothing, against the first build: time,
 * processor time, and the longest block of the event loop. The builds take turns, each in a process of its own. `npm run build` first.
 *
 *     npx tsx bench/export-first.ts           # alone
 *     npx tsx bench/export-first.ts busy      # beside a process that keeps a processor busy for each core
 */
import { execFileSync, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstBuild, ROOT, todaysBuild } from './first-build.js';
import { median } from './race.js';

const TURNS = 7;
const PROGRAM = `
  const [bridges, exporters] = process.argv.slice(1);
  const { HeapCells, CellProducer } = await import(bridges);
  const { ReportExporter } = await import(exporters);
  class NoStore extends ReportExporter {
    stored = 0;
    async write(reports) { this.stored += reports.length; }
  }
  const cells = new HeapCells();
  const family = cells.family('sum', 'bench.requests');
  const producer = new CellProducer(cells, { temporality: 'delta' });
  const routes = Array.from({ length: 400 }, (_, i) => '/route/' + i);
  const users = Array.from({ length: 250 }, (_, i) => 'user-' + i);
  const costs = [];
  const exporter = new NoStore();
  for (let round = -3; round < 9; round++) {
    for (const route of routes) for (const user of users) family.add({ route, user }, 1);
    exporter.stored = 0;
    await new Promise((resolve) => setTimeout(resolve, 120));
    let block = 0, done = false, last = performance.now();
    const turn = () => {
      const now = performance.now();
      block = Math.max(block, now - last);
      last = now;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    const cpu = process.cpuUsage();
    const begin = last = performance.now();
    block = 0;
    const { resourceMetrics } = await producer.collect();
    await new Promise((resolve) => exporter.export(resourceMetrics, resolve));
    await exporter.forceFlush();
    const time = performance.now() - begin;
    const { user, system } = process.cpuUsage(cpu);
    done = true;
    if (exporter.stored !== 100000) throw new Error(exporter.stored + ' stored');
    if (round >= 0) costs.push({ time, work: (user + system) / 1000, block });
  }
  const middle = (key) => costs.map((cost) => cost[key]).sort((a, b) => a - b)[4];
  console.log(JSON.stringify({ time: middle('time'), work: middle('work'), block: middle('block') }));
  process.exit();`;

type Cost = Record<'time' | 'work' | 'block', number>;

const builds = {
  today: ['bridges.mjs', 'exporters.mjs'].map((file) => join(todaysBuild(), file)),
  first: ['bridges', 'exporters'].map((name) => join(firstBuild(), 'dist', name, 'index.js')),
};

function cost(files: readonly string[]): Cost {
  const urls = files.map((file) => pathToFileURL(file).href);
  const args = ['--input-type=module', '--eval', PROGRAM, ...urls];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as Cost;
}

const busy =
  process.argv[2] === 'busy'
    ? Array.from({ length: availableParallelism() }, () =>
        spawn(process.execPath, ['--eval', 'while (true);']),
      )
    : [];
try {
  const turns = Array.from({ length: TURNS }, () => ({
    today: cost(builds.today),
    first: cost(builds.first),
  }));
  for (const key of ['time', 'work', 'block'] as const) {
    const [today, first] = [
      median(turns.map((turn) => turn.today[key])),
      median(turns.map((turn) => turn.first[key])),
    ];
    const ratio = median(turns.map((turn) => turn.today[key] / turn.first[key]));
    console.log(
      `${key.padEnd(6)} today ${today.toFixed(1)} ms, first ${first.toFixed(1)} ms, ratio ${ratio.toFixed(2)}`,
    );
  }
} finally {
  for (const process of busy) process.kill();
}
