/**
 * What Cantal's classes cost, on the heap and in a mapped file, against a bare typed-array addition, `Date.now()`, OpenTelemetry and
 * prom-client; and what it costs to read 200 processes of 100 metrics each.
 *
 *     npx tsx bench/cantal.ts        # after `npm run build`
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import prom from 'prom-client';
import { formatMeta } from '../bridges/cells/meta-format.js';
import type { Collection as AnyCollection } from '../src/cantal/index.js';
import { today } from './first-build.js';
import { median, print, type Racer, type Result, race } from './race.js';

const { readProcess } = await today<typeof import('../bridges/index.js')>('bridges.mjs');
const { Collection, Counter, Float, Fork, Integer, State } =
  await today<typeof import('../src/cantal/index.js')>('cantal.mjs');

class NeverRead extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A loop of its own for each racer, so that each has its own machine code. `body` uses `it` and `i`. */
function racer(name: string, it: unknown, body: string): Racer {
  const run = new Function(
    'it',
    `return (calls) => { for (let i = 0; i < calls; i++) { ${body} } }`,
  )(it) as Racer['run'];
  return { name, run };
}

const CALLS = { calls: 200_000 };
const directory = mkdtempSync(
  join(
    statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir(),
    'bench-',
  ),
);

const heap = { collection: new Collection() };
const mapped = { collection: new Collection() };

/** The same metrics in both collections; those that are to be mapped begin on the heap, as everybody's do. */
function cells(options: { collection: AnyCollection }) {
  const fork = new Fork(['reading', 'writing'], { state: 'fork' }, options);
  return {
    counter: new Counter({ metric: 'counter' }, options),
    integer: new Integer({ metric: 'integer' }, options),
    float: new Float({ metric: 'float' }, options),
    state: new State({ state: 'state' }, options),
    fork,
  };
}

const onHeap = cells(heap);
const inFile = cells(mapped);
const active = mapped.collection.start(join(directory, 'bench'));
if (active.path === undefined) throw new Error('nothing was mapped: is koffi installed?');

const bare = () => racer('bare u64[i & 63] += 1n', new BigUint64Array(64), 'it[i & 63] += 1n;');
const clock = () => racer('Date.now()', undefined, 'Date.now();');

function ratio(results: readonly Result[], name: string, goal: number): void {
  const ns = results.find((result) => result.name === name)!.ns;
  const is = ns / results[0]!.ns;
  console.log(
    `  ${name}: ${is.toFixed(2)}x of ${results[0]!.name} (goal ${goal}x)${is > goal ? ' MISSED' : ''}`,
  );
}

function compare(
  title: string,
  reference: Racer,
  goals: readonly [Racer, number][],
  peers: readonly Racer[] = [],
): Result[] {
  const results = race([reference, ...goals.map(([one]) => one), ...peers], CALLS);
  print(title, results);
  for (const [{ name }, goal] of goals) ratio(results, name, goal);
  return results;
}

const meter = new MeterProvider({ readers: [new NeverRead()] }).getMeter('bench');
const peers = [
  racer('OpenTelemetry add(1)', meter.createCounter('a'), 'it.add(1);'),
  racer(
    'prom-client inc()',
    new prom.Counter({ name: 'a', help: 'a', registers: [] }),
    'it.inc();',
  ),
];
const both = (
  call: string,
  name: keyof typeof onHeap,
  body: string,
  goal: number,
): [Racer, number][] => [
  [racer(`${call} on the heap`, onHeap[name], body), goal],
  [racer(`${call} mapped`, inFile[name], body), goal],
];

const incr = compare('counter', bare(), both('incr()', 'counter', 'it.incr();', 3), peers);
const add = incr.find(({ name }) => name.startsWith('OpenTelemetry'))!.ns;
for (const at of [1, 2])
  console.log(
    `  OpenTelemetry add(1) takes ${(add / incr[at]!.ns).toFixed(0)}x of ${incr[at]!.name} (goal: 30x or more)`,
  );
compare('counter, argument given', bare(), both('incr(5)', 'counter', 'it.incr(5);', 4));
compare('integer', bare(), both('set(i)', 'integer', 'it.set(i);', 4));
compare('float', bare(), both('set(i)', 'float', 'it.set(i);', 4));
compare('state', clock(), both("enter('reading')", 'state', "it.enter('reading');", 2));
compare(
  'fork',
  clock(),
  both('branch.enter()', 'fork', '(i & 1 ? it.reading : it.writing).enter();', 3),
);

const paths = Array.from({ length: 200 }, (_, p) => {
  const path = join(directory, `process${p}`);
  const entries = Array.from({ length: 100 }, (_, i) => ({
    kind: 'counter' as const,
    offset: i * 8,
    bytes: 8,
    dimensions: { group: `group ${p}`, metric: `metric ${i}` },
  }));
  writeFileSync(`${path}.meta`, formatMeta(entries));
  writeFileSync(`${path}.values`, Buffer.alloc(800, 1));
  return path;
});
await new Promise((resolve) => setTimeout(resolve, 200));
const rounds = Array.from({ length: 60 }, () => {
  const begin = performance.now();
  for (const path of paths) readProcess(path);
  return performance.now() - begin;
});
console.log(
  `\nreadProcess, 200 processes x 100 metrics: ${median(rounds.slice(20)).toFixed(2)} ms (goal 5 ms), first ${rounds[0]!.toFixed(0)} ms`,
);

active.close();
rmSync(directory, { recursive: true });
