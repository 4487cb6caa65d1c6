/**
 * What an event costs, to `pino.info` of the same fields into a file of its own: the calls alone, and until all is in the file. Pino writes
 * as it does at its fastest, without waiting (`sync: false`); the log file's exporter does not sync either (`fsync: 'none'`). In turns, and
 * beside the first build. Both builds are compiled: `npm run build` first.
 *
 *     npx tsx bench/events.ts
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pino from 'pino';
import { firstBuild, todaysBuild } from './first-build.js';
import { median } from './race.js';

const EVENTS = 20_000;
/** Events in one turn of the event loop. */
const BURST = 100;
const ROUNDS = 15;

interface Side {
  event(i: number): void;
  /** Resolves when all is in the file. */
  done(): Promise<void>;
}

/** Microseconds an event. */
interface Cost {
  readonly call: number;
  readonly whole: number;
}

const directory = await mkdtemp(join(tmpdir(), 'kaneda-bench-'));
const routes = Array.from({ length: 64 }, (_, i) => `/route/${i}`);

interface Build {
  readonly Metrics: typeof import('../src/index.js').Metrics;
  readonly LoggerExporter: typeof import('../exporters/stores/logger/index.js').LoggerExporter;
}

const ours =
  ({ Metrics, LoggerExporter }: Build) =>
  (file: string): Side => {
    const backend = new LoggerExporter({ filename: file, fsync: 'none' });
    const metrics = new Metrics({ backend });
    return {
      event: (i) =>
        metrics.event('order.placed', 'an order was placed', {
          route: routes[i & 63]!,
          status: 200,
        }),
      done: () => metrics.close({ timeout: 60_000 }),
    };
  };

async function build(folder: string, main: string, logger: string): Promise<Build> {
  const from = (file: string): Promise<Build> => import(pathToFileURL(join(folder, file)).href);
  const { Metrics } = await from(main);
  const { LoggerExporter } = await from(logger);
  return { Metrics, LoggerExporter };
}

function peer(file: string): Side {
  const destination = pino.destination({ dest: file, sync: false });
  const logger = pino(destination);
  return {
    event: (i) =>
      logger.info(
        { name: 'order.placed', tags: { route: routes[i & 63]!, status: 200 } },
        'an order was placed',
      ),
    done: () =>
      new Promise((resolve) => {
        destination.once('close', resolve);
        destination.end();
      }),
  };
}

async function measured(make: (file: string) => Side, file: string): Promise<Cost> {
  const side = make(file);
  side.event(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  let calls = 0;
  const begun = performance.now();
  for (let i = 1; i < EVENTS; i += BURST) {
    const start = performance.now();
    for (let k = i; k < Math.min(EVENTS, i + BURST); k++) side.event(k);
    calls += performance.now() - start;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await side.done();
  const whole = performance.now() - begun;
  const lines = readFileSync(file, 'utf8').split('\n').length - 1;
  if (lines !== EVENTS) throw new Error(`${lines} of ${EVENTS} events are in ${file}`);
  return { call: (calls / EVENTS) * 1_000, whole: (whole / EVENTS) * 1_000 };
}

const today = await build(todaysBuild(), 'index.mjs', 'exporters/logger.mjs');
const first = await build(firstBuild(), 'dist/src/index.js', 'dist/exporters/logger/index.js');
const sides = {
  'metrics.event': ours(today),
  'pino.info': peer,
  'the first build': ours(first),
};
const costs = Object.keys(sides).map((): Cost[] => []);
for (let round = -3; round < ROUNDS; round++)
  for (const [at, make] of Object.values(sides).entries()) {
    const cost = await measured(make, join(directory, `${round} ${at}`));
    if (round >= 0) costs[at]!.push(cost);
  }
await rm(directory, { recursive: true });

const us = (values: readonly number[]): string => `${median(values).toFixed(2)} us`;
console.log(`${EVENTS} events with two tags, median of ${ROUNDS} rounds; pino ${pino.version}`);
for (const [at, name] of Object.keys(sides).entries()) {
  const calls = costs[at]!.map(({ call }) => call);
  const wholes = costs[at]!.map(({ whole }) => whole);
  const own = costs[0]!;
  const ratios = [
    median(own.map(({ call }, round) => calls[round]! / call)),
    median(own.map(({ whole }, round) => wholes[round]! / whole)),
  ].map((ratio) => `${ratio.toFixed(2)}x`);
  console.log(
    `  ${name.padEnd(16)} call ${us(calls)} (${ratios[0]}), until all is in the file ${us(wholes)} (${ratios[1]})`,
  );
}
process.exit();
