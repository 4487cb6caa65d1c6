/**
 * What a series costs in memory: 100,000 counters of one name with two tags, against prom-client and OpenTelemetry, each in a process of
 * its own. Ours is measured with the producer that exports them, after its first collection.
 *
 *     npx tsx bench/series-memory.ts        # after `npm run build`
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import prom from 'prom-client';
import { today } from './first-build.js';

const { CellProducer, HeapCells } =
  await today<typeof import('../bridges/index.js')>('bridges.mjs');

const SERIES = 100_000;
/** 400 routes by 250 users: every pair is a series. Made beforehand: the texts are the application's. */
const ROUTES = Array.from({ length: 400 }, (_, i) => `/route/${i}`);
const USERS = Array.from({ length: 250 }, (_, i) => `user-${i}`);

class Idle extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Each makes the series and answers with what keeps them alive. */
const SIDES: Record<string, () => Promise<unknown>> = {
  async 'kaneda-otel, with its producer'() {
    const cells = new HeapCells();
    const producer = new CellProducer(cells, { temporality: 'delta' });
    const sums = cells.family('sum', 'n');
    each((route, user) => sums.add({ route, user }, 1));
    await producer.collect();
    return [cells, producer];
  },
  async 'prom-client'() {
    const counter = new prom.Counter({
      name: 'n',
      help: 'n',
      labelNames: ['route', 'user'],
      registers: [new prom.Registry()],
    });
    each((route, user) => counter.inc({ route, user }));
    return counter;
  },
  async OpenTelemetry() {
    const reader = new Idle({
      cardinalitySelector: () => 2 * SERIES,
      aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
    });
    const provider = new MeterProvider({ readers: [reader] });
    const counter = provider.getMeter('bench').createCounter('n');
    each((route, user) => counter.add(1, { route, user }));
    await reader.collect();
    return [provider, counter];
  },
};

function each(call: (route: string, user: string) => void): void {
  for (const route of ROUTES) for (const user of USERS) call(route, user);
}

/** Bytes of heap and of typed arrays beside it. */
function used(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const side = process.argv[2];
if (side === undefined) {
  for (const name of Object.keys(SIDES)) {
    spawnSync(
      process.execPath,
      ['--expose-gc', '--import', 'tsx', fileURLToPath(import.meta.url), name],
      { stdio: 'inherit' },
    );
  }
} else {
  const before = used();
  const kept = await SIDES[side]!();
  // What the last step of a collection holds is let go of with the turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const bytes = (used() - before) / SERIES;
  console.log(
    `${side.padEnd(32)} ${bytes.toFixed(0).padStart(6)} bytes a series${kept === undefined ? '?' : ''}`,
  );
}
