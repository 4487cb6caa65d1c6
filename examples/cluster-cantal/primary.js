import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { observeProcesses } from 'kaneda-otel/bridges';
import { start } from 'kaneda-otel/cantal';
import { LoggerExporter } from 'kaneda-otel/exporters/logger';
import { DIRECTORY, PATH } from './cells.js';

mkdirSync(DIRECTORY, { recursive: true, mode: 0o700 });
// Before the first fork: it tells each worker the name of its file.
const active = start({ path: PATH });

// Sums over the workers, read from outside: one that is stuck is counted too, and the counts of one that died stay.
const exporter = new LoggerExporter({ filename: 'metrics.log', appName: 'shop' });
const reader = new PeriodicExportingMetricReader({
  exporter,
  exportIntervalMillis: 10_000,
  exportTimeoutMillis: 5_000,
});
const meterProvider = new MeterProvider({ readers: [reader] });
observeProcesses({ meterProvider, directory: DIRECTORY });

const serving = new Set();
let isEnding = false;

const count = Number(process.env.WORKERS ?? availableParallelism());
for (let i = 0; i < count; i++) cluster.fork();
cluster.on('listening', (worker, { port }) => {
  if (serving.size === 0) console.log(`listening on ${port}`);
  serving.add(worker);
});
cluster.on('exit', (worker) => {
  serving.delete(worker);
  if (!isEnding) cluster.fork();
});

/** Lets the workers answer what is in progress, stores their counts, and ends them last: their files go with them. */
async function end() {
  if (isEnding) return;
  isEnding = true;
  const drained = [...serving].map((worker) => {
    worker.send('drain');
    return Promise.race([once(worker, 'message'), once(worker, 'exit')]);
  });
  // One that is stuck does not hold up the others.
  await Promise.race([Promise.all(drained), sleep(15_000, undefined, { ref: false })]);
  await meterProvider.shutdown();
  active.close();
  const kill = (signal) => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill(signal);
  };
  kill('SIGTERM');
  setTimeout(kill, 2_000, 'SIGKILL').unref();
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
