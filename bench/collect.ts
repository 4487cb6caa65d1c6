/**
 * What it costs to collect 100,000 series with two tags: how long it takes, and how long the event loop is held up at most, against
 * OpenTelemetry's observable and synchronous counters and prom-client. Each in a process of its own, the median of several collections.
 *
 *     npx tsx bench/collect.ts        # after `npm run build`
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import prom from 'prom-client';
import { today } from './first-build.js';
import { median } from './race.js';

const { CellProducer, HeapCells, observeCells } =
  await today<typeof import('../bridges/index.js')>('bridges.mjs');

const ROUTES = Array.from({ length: 400 }, (_, i) => `/route/${i}`);
const USERS = Array.from({ length: 250 }, (_, i) => `user-${i}`);
const SERIES = ROUTES.length * USERS.length;
const ROUNDS = 15;

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A side: `change` moves every series, `collect` collects them all and says how many points there were. */
interface Side {
  change(): void;
  collect(): Promise<number>;
}

const each = (call: (route: string, user: string) => void): void => {
  for (const route of ROUTES) for (const user of USERS) call(route, user);
};

function provided(reader: Reader): { provider: MeterProvider; collect(): Promise<number> } {
  const provider = new MeterProvider({ readers: [reader] });
  const collect = async (): Promise<number> => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
  };
  return { provider, collect };
}

const SIDES: Record<string, () => Side> = {
  CellProducer() {
    const cells = new HeapCells();
    const { collect } = provided(
      new Reader({ metricProducers: [new CellProducer(cells, { temporality: 'delta' })] }),
    );
    const sums = cells.family('sum', 'n');
    return { change: () => each((route, user) => sums.add({ route, user }, 1)), collect };
  },
  observeCells() {
    const cells = new HeapCells();
    const { provider, collect } = provided(new Reader({ cardinalitySelector: () => 2 * SERIES }));
    observeCells(cells, provider.getMeter('bench'));
    const sums = cells.family('sum', 'n');
    return { change: () => each((route, user) => sums.add({ route, user }, 1)), collect };
  },
  'OpenTelemetry observable counter'() {
    const { provider, collect } = provided(new Reader({ cardinalitySelector: () => 2 * SERIES }));
    let value = 0;
    const counter = provider.getMeter('bench').createObservableCounter('n');
    counter.addCallback((result) => each((route, user) => result.observe(value, { route, user })));
    return { change: () => value++, collect };
  },
  'OpenTelemetry counter'() {
    const { provider, collect } = provided(new Reader({ cardinalitySelector: () => 2 * SERIES }));
    const counter = provider.getMeter('bench').createCounter('n');
    return { change: () => each((route, user) => counter.add(1, { route, user })), collect };
  },
  'prom-client'() {
    const registry = new prom.Registry();
    const counter = new prom.Counter({
      name: 'n',
      help: 'n',
      labelNames: ['route', 'user'],
      registers: [registry],
    });
    const collect = async (): Promise<number> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith('n{')).length;
    return { change: () => each((route, user) => counter.inc({ route, user })), collect };
  },
};

/** The longest time in milliseconds that the event loop did not turn during `work`. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let watching = true;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(turn);
  };
  setImmediate(turn);
  await new Promise((resolve) => setImmediate(resolve));
  longest = 0;
  last = performance.now();
  await work();
  watching = false;
  return Math.max(longest, performance.now() - last);
}

const name = process.argv[2];
if (name === undefined) {
  for (const side of Object.keys(SIDES)) {
    spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), side], {
      stdio: 'inherit',
    });
  }
} else {
  const side = SIDES[name]!();
  const blocks: number[] = [];
  const times: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    side.change();
    const begin = performance.now();
    let points = 0;
    const block = await longestBlock(async () => {
      points = await side.collect();
    });
    if (points !== SERIES) throw new Error(`${points} points`);
    if (round < 0) continue;
    times.push(performance.now() - begin);
    blocks.push(block);
  }
  const [time, block] = [median(times), median(blocks)].map((ms) => ms.toFixed(1).padStart(7));
  console.log(
    `${name.padEnd(34)} ${time} ms, longest block ${block} ms (at worst ${Math.max(...blocks).toFixed(1)} ms)`,
  );
}
process.exit();
