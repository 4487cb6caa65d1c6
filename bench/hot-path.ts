/**
 * What a recording call costs: increment, gauge and timing, with no tags and with two tags as a fresh object literal, over 64 and 10,000
 * series in random order, against OpenTelemetry's synchronous instruments and prom-client's. And what a handle costs, over 64 series, against the bare
 * addition into an array and against what the others have in its place. Beside it the first build, compiled from the history; `npm run build` first.
 *
 *     npx tsx bench/hot-path.ts [increment|gauge|timing|handle]
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  MeterProvider,
  MetricReader,
  type MetricReader as Reader,
} from '@opentelemetry/sdk-metrics';
import prom from 'prom-client';
import type { Metrics } from '../src/index.js';
import { firstBuild, todaysBuild } from './first-build.js';
import { bytesPerCall, print, type Racer, race, withRoom } from './race.js';

class NeverRead extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Far more than any of the races needs, so that no side measures its overflow. */
const LIMIT = 100_000;
const HOUR = 3_600_000;
const LABELS = ['route', 'status'] as const;

const metrics = await metricsOf(todaysBuild(), 'index.mjs', 'exporters.mjs');
const first = await metricsOf(firstBuild(), 'dist/src/index.js', 'dist/exporters/index.js');
const reader: Reader = new NeverRead({ cardinalitySelector: () => LIMIT });
const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
const registry = new prom.Registry();
const names = (name: string): { name: string; help: string; registers: prom.Registry[] } => ({
  name,
  help: name,
  registers: [registry],
});

/** The control: keeps the arguments of the last call, so that they must be made. */
const kept: unknown[] = [undefined, undefined];
const keep = (tags: unknown, value: unknown): void => {
  kept[0] = tags;
  kept[1] = value;
};
/** The number of loops. */
let made = 0;
const seconds = (i: number): number => 0.001 * (1 + (i & 1023));

const any = (of: number): number => Math.floor(Math.random() * of);

/** Values of two tags whose pairs make `series` series, and the pair that each call takes: any, as in an application. */
function tagValues(series: number): { routes: string[]; statuses: string[]; order: Uint16Array } {
  const side = Math.sqrt(series);
  return {
    order: Uint16Array.from({ length: 65_536 }, () => any(side) * 256 + any(side)),
    routes: Array.from({ length: side }, (_, i) => `/route/${i}`),
    statuses: Array.from({ length: side }, (_, i) => `${100 + i}`),
  };
}

/**
 * A racer that gives each call a fresh literal with two tags. Each has a loop of its own text, and so machine code of its own: loops of one
 * text share it, and it then knows none of their calls.
 */
function tagged(
  name: string,
  series: number,
  call: (tags: { route: string; status: string }, i: number) => void,
): Racer {
  const { routes, statuses, order } = tagValues(series);
  const run = new Function(
    'call',
    'routes',
    'statuses',
    'order',
    `// ${name}, ${series} series of ${made++}
    return (calls) => {
      for (let i = 0; i < calls; i++) {
        const pair = order[i & 65535];
        call({ route: routes[pair >> 8], status: statuses[pair & 255] }, i);
      }
    }`,
  )(call, routes, statuses, order) as Racer['run'];
  return { name, run };
}

function bare(name: string, call: (i: number) => void): Racer {
  const run = new Function(
    'call',
    `// ${name}, ${made++}
    return (calls) => { for (let i = 0; i < calls; i++) call(i); }`,
  )(call) as Racer['run'];
  return { name, run };
}

type Tags = { route: string; status: string };

const RACES: Record<string, (name: string, series: number) => Racer[]> = {
  increment(name, series) {
    const counter = meter.createCounter(name);
    const labelled = new prom.Counter({ ...names(name), labelNames: series > 0 ? LABELS : [] });
    if (series === 0)
      return [
        bare('metrics.increment', () => metrics.increment(name)),
        bare('the first build', () => first.increment(name)),
        bare('OpenTelemetry add', () => counter.add(1)),
        bare('prom-client inc', () => labelled.inc()),
      ];
    return [
      tagged('metrics.increment', series, (tags) => metrics.increment(name, tags)),
      tagged('the first build', series, (tags) => first.increment(name, tags)),
      tagged('OpenTelemetry add', series, (tags) => counter.add(1, tags)),
      tagged('prom-client inc', series, (tags: Tags) => labelled.inc(tags)),
    ];
  },
  gauge(name, series) {
    const gauge = meter.createGauge(name);
    const labelled = new prom.Gauge({ ...names(name), labelNames: series > 0 ? LABELS : [] });
    if (series === 0)
      return [
        bare('metrics.gauge', (i) => metrics.gauge(name, i)),
        bare('the first build', (i) => first.gauge(name, i)),
        bare('OpenTelemetry record', (i) => gauge.record(i)),
        bare('prom-client set', (i) => labelled.set(i)),
      ];
    return [
      tagged('metrics.gauge', series, (tags, i) => metrics.gauge(name, i, tags)),
      tagged('the first build', series, (tags, i) => first.gauge(name, i, tags)),
      tagged('OpenTelemetry record', series, (tags, i) => gauge.record(i, tags)),
      tagged('prom-client set', series, (tags: Tags, i) => labelled.set(tags, i)),
    ];
  },
  timing(name, series) {
    const histogram = meter.createHistogram(name);
    const labelled = new prom.Histogram({ ...names(name), labelNames: series > 0 ? LABELS : [] });
    if (series === 0)
      return [
        bare('metrics.timing', (i) => metrics.timing(name, seconds(i))),
        bare('the first build', (i) => first.timing(name, seconds(i))),
        bare('OpenTelemetry record', (i) => histogram.record(seconds(i))),
        bare('prom-client observe', (i) => labelled.observe(seconds(i))),
      ];
    return [
      tagged('metrics.timing', series, (tags, i) => metrics.timing(name, seconds(i), tags)),
      tagged('the first build', series, (tags, i) => first.timing(name, seconds(i), tags)),
      tagged('OpenTelemetry record', series, (tags, i) => histogram.record(seconds(i), tags)),
      tagged('prom-client observe', series, (tags: Tags, i) => labelled.observe(tags, seconds(i))),
    ];
  },
};

/** Arguments without a call: what no recorder can save its caller. */
function control(call: string, series: number): Racer {
  const value = call === 'timing' ? seconds : (i: number): number => i;
  return series === 0
    ? bare('the arguments alone', (i) => keep(undefined, value(i)))
    : tagged('the arguments alone', series, (tags, i) => keep(tags, value(i)));
}

/** Buckets of a series in `least`. */
const BUCKETS = 160;

/**
 * The least code that finds the place of two tags, in whatever order they are, and records there: a walk, a map for each tag, and an addition
 * or, of a timing, its bucket, sum, least and most. It checks nothing, and knows these two tags of one metric alone.
 */
function least(call: string, series: number): Racer {
  const places: Record<string, Map<string, number>> = { route: new Map(), status: new Map() };
  const steps: Record<string, number> = { route: Math.sqrt(series), status: 1 };
  const sums = new Float64Array(series);
  const lows = new Float64Array(series).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(series);
  const counts = new Uint32Array(series * BUCKETS);
  const newPlace = (tag: string, value: string): number => {
    const place = places[tag]!.size * steps[tag]!;
    places[tag]!.set(value, place);
    return place;
  };
  const placeOf = (tags: Tags): number => {
    let place = 0;
    for (const tag in tags) {
      const value = tags[tag as keyof Tags];
      place += places[tag]!.get(value) ?? newPlace(tag, value);
    }
    return place;
  };
  if (call !== 'timing')
    return tagged('a walk, two maps, a number', series, (tags, i) => {
      const place = placeOf(tags);
      sums[place] = call === 'gauge' ? i : sums[place]! + 1;
    });
  return tagged('a walk, two maps, a bucket', series, (tags, i) => {
    const place = placeOf(tags);
    const value = seconds(i);
    sums[place]! += value;
    if (value < lows[place]!) lows[place] = value;
    if (value > highs[place]!) highs[place] = value;
    counts[place * BUCKETS + BUCKETS / 2 + Math.floor(8 * Math.log2(value))]! += 1;
  });
}

/** Handles of 64 series with two tags; the loops pick one with `i & 63`, as the bare additions pick a place. */
function handles(): Racer[] {
  const { routes, statuses } = tagValues(64);
  const tags = Array.from({ length: 64 }, (_, i) => ({
    route: routes[i % 8]!,
    status: statuses[i >> 3]!,
  }));
  const counter = meter.createCounter('handle');
  const labelled = new prom.Counter({ ...names('handle'), labelNames: LABELS });
  const children = tags.map((one) => labelled.labels(one));
  const counters = tags.map((one) => metrics.counter('handle', one));
  const timers = tags.map((one) => metrics.timer('handle', one));
  const u64 = new BigUint64Array(64);
  const f64 = new Float64Array(64);
  const objects = tags.map(() => ({ count: 0 }));
  return [
    looped('bare u64[i & 63] += 1n', 'u64[i & 63] += 1n', { u64 }),
    looped('bare f64[i & 63] += 1', 'f64[i & 63] += 1', { f64 }),
    looped('bare objects[i & 63].count += 1', 'objects[i & 63].count += 1', { objects }),
    looped('counter(…).add, one series', 'counter.add()', { counter: counters[0] }),
    looped('counter(…).add', 'counters[i & 63].add()', { counters }),
    looped('timer(…).record', 'timers[i & 63].record(0.001 * (1 + (i & 1023)))', { timers }),
    looped('prom-client labels(…).inc', 'children[i & 63].inc()', { children }),
    looped('OpenTelemetry add', 'counter.add(1, tags[i & 63])', { counter, tags }),
  ];
}

/** A racer whose body is the loop's own, without a call around it. */
function looped(name: string, body: string, scope: Record<string, unknown>): Racer {
  const run = new Function(
    ...Object.keys(scope),
    `// ${name}
    return (calls) => { for (let i = 0; i < calls; i++) { ${body}; } }`,
  )(...Object.values(scope)) as Racer['run'];
  return { name, run };
}

/** A `Metrics` of a build, with a store that keeps nothing. */
async function metricsOf(folder: string, main: string, exporters: string): Promise<Metrics> {
  const from = <T>(file: string): Promise<T> => import(pathToFileURL(join(folder, file)).href);
  const own = await from<typeof import('../src/index.js')>(main);
  const { ReportExporter } = await from<typeof import('../exporters/index.js')>(exporters);
  class Discard extends ReportExporter {
    protected override async write(): Promise<void> {}
  }
  return new own.Metrics({ backend: new Discard(), exportInterval: HOUR });
}

await withRoom(import.meta.url, () => {
  const only = process.argv[2];
  for (const [call, racers] of Object.entries(RACES)) {
    if (only !== undefined && only !== call) continue;
    for (const series of [0, 64, 10_000]) {
      const field = [
        ...racers(`${call}_${series}`, series),
        ...(series > 0 ? [least(call, series)] : []),
        control(call, series),
      ];
      const results = race(field, { calls: series === 10_000 ? 30_000 : 20_000 });
      const bytes = field.map((racer) => bytesPerCall(racer));
      print(
        series === 0 ? `${call}, no tags` : `${call}, two tags, ${series} series`,
        results,
        bytes,
      );
    }
  }
  if (only === undefined || only === 'handle') {
    const field = handles();
    const results = race(field);
    print(
      'handles of 64 series',
      results,
      field.map((racer) => bytesPerCall(racer)),
    );
  }
});
process.exit();
