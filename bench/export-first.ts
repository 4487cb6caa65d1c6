/**
 * What it costs to collect 100,000 series with two tags and to export them to a store that keeps nothing, against the first build: time,
 * processor time, and the longest block of the event loop, by the clock and in its thread's own time (on Linux), in which nobody else's
 * work counts. By `Metrics`, and as one collection of a `CellProducer`, which a reader of the application's own exports. And 10,000 series
 * of timings by `Metrics`, to a store that makes JSON of each report. The builds take turns, each in a process of its own. `npm run build` first.
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
  const { readFileSync } = await import('node:fs');
  const worked = () => {
    try {
      return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]) / 1e6;
    } catch {
      return performance.now();
    }
  };
  const [way, index, bridges, exporters] = process.argv.slice(1);
  const { Metrics } = await import(index);
  const { HeapCells, CellProducer } = await import(bridges);
  const { ReportExporter } = await import(exporters);
  class NoStore extends ReportExporter {
    stored = 0;
    async write(reports) { this.stored += reports.length; }
  }
  const exporter = new NoStore();
  const ways = {
    Metrics() {
      const metrics = new Metrics({ backend: exporter, exportInterval: 3_600_000 });
      return {
        add: (tags) => metrics.increment('bench.requests', tags),
        flush: () => metrics.flush(),
      };
    },
    timings() {
      exporter.write = async function (reports) {
        for (const report of reports) if (JSON.stringify(report).length > 0) this.stored++;
      };
      const metrics = new Metrics({ backend: exporter, exportInterval: 3_600_000 });
      return {
        add(tags) {
          for (let i = 1; i < 4; i++) metrics.timing('bench.request', 0.001 * i * tags.user.length, tags);
        },
        flush: () => metrics.flush(),
      };
    },
    CellProducer() {
      const cells = new HeapCells();
      const family = cells.family('sum', 'bench.requests');
      const producer = new CellProducer(cells, { temporality: 'delta' });
      return {
        add: (tags) => family.add(tags, 1),
        async flush() {
          const { resourceMetrics } = await producer.collect();
          await new Promise((resolve) => exporter.export(resourceMetrics, resolve));
          await exporter.forceFlush();
        },
      };
    },
  };
  const { add, flush } = ways[way]();
  const routes = Array.from({ length: 400 }, (_, i) => '/route/' + i);
  const users = Array.from({ length: way === 'timings' ? 25 : 250 }, (_, i) => 'user-' + i);
  const costs = [];
  for (let round = -3; round < 9; round++) {
    for (const route of routes) for (const user of users) add({ route, user });
    exporter.stored = 0;
    await new Promise((resolve) => setTimeout(resolve, 120));
    let block = 0, own = 0, done = false, last = performance.now(), lastOwn = worked();
    const turn = () => {
      const now = performance.now();
      block = Math.max(block, now - last);
      last = now;
      const nowOwn = worked();
      own = Math.max(own, nowOwn - lastOwn);
      lastOwn = nowOwn;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await new Promise((resolve) => setImmediate(resolve));
    const cpu = process.cpuUsage();
    const begin = last = performance.now();
    block = own = 0;
    await flush();
    const time = performance.now() - begin;
    const { user, system } = process.cpuUsage(cpu);
    done = true;
    if (exporter.stored !== routes.length * users.length) throw new Error(exporter.stored + ' stored');
    if (round >= 0) costs.push({ time, work: (user + system) / 1000, block, own });
  }
  const middle = (key) => costs.map((cost) => cost[key]).sort((a, b) => a - b)[4];
  console.log(JSON.stringify({ time: middle('time'), work: middle('work'), block: middle('block'), own: middle('own') }));
  process.exit();`;

type Cost = Record<'time' | 'work' | 'block' | 'own', number>;

const builds = {
  today: ['index.mjs', 'bridges.mjs', 'exporters.mjs'].map((file) => join(todaysBuild(), file)),
  first: ['src', 'bridges', 'exporters'].map((name) =>
    join(firstBuild(), 'dist', name, 'index.js'),
  ),
};

function cost(way: string, files: readonly string[]): Cost {
  const urls = files.map((file) => pathToFileURL(file).href);
  const args = ['--input-type=module', '--eval', PROGRAM, way, ...urls];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as Cost;
}

function compare(way: string): void {
  const turns = Array.from({ length: TURNS }, () => ({
    today: cost(way, builds.today),
    first: cost(way, builds.first),
  }));
  for (const key of ['time', 'work', 'block', 'own'] as const) {
    const [today, first] = [
      median(turns.map((turn) => turn.today[key])),
      median(turns.map((turn) => turn.first[key])),
    ];
    const ratio = median(turns.map((turn) => turn.today[key] / turn.first[key]));
    console.log(
      `${way.padEnd(12)} ${key.padEnd(5)} today ${today.toFixed(1)} ms, first ${first.toFixed(1)} ms, ratio ${ratio.toFixed(2)}`,
    );
  }
}

const busy =
  process.argv[2] === 'busy'
    ? Array.from({ length: availableParallelism() }, () =>
        spawn(process.execPath, ['--eval', 'while (true);']),
      )
    : [];
try {
  for (const way of ['Metrics', 'timings', 'CellProducer']) compare(way);
} finally {
  for (const process of busy) process.kill();
}
