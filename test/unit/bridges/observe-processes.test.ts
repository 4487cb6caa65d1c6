import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import type { CellsReading } from '../../../bridges/cells/reading/read-cells.js';
import { observeProcesses } from '../../../bridges/observe-processes.js';
import { ProcessSums } from '../../../bridges/process-sums.js';
import {
  type ActiveCollection,
  Collection,
  Counter,
  Float,
  Fork,
  Integer,
  RequestTracker,
  State,
} from '../../../src/cantal/index.js';
import { directory } from '../../support/places.js';

/** A provider whose numbers are read back as `name {attributes}` to value. */
class Readback {
  readonly exporter: InMemoryMetricExporter;
  readonly reader: PeriodicExportingMetricReader;
  readonly provider: MeterProvider;

  constructor(temporality = AggregationTemporality.CUMULATIVE) {
    this.exporter = new InMemoryMetricExporter(temporality);
    this.reader = new PeriodicExportingMetricReader({
      exporter: this.exporter,
      exportIntervalMillis: 3_600_000,
    });
    this.provider = new MeterProvider({ readers: [this.reader] });
  }

  async points(): Promise<Record<string, unknown>> {
    this.exporter.reset();
    await this.reader.forceFlush();
    const metrics = this.exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return Object.fromEntries(
      metrics.flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as DataPoint<unknown>[]).map(({ attributes, value }) => {
          const text = JSON.stringify(attributes, Object.keys(attributes).sort());
          return [text === '{}' ? descriptor.name : `${descriptor.name} ${text}`, value];
        }),
      ),
    );
  }
}

describe('metrics of a collection on a meter', () => {
  it('are instruments named after their group or state, shown by the provider given to start', async () => {
    const place = directory();
    const provider = new Readback();
    const collection = new Collection();
    const options = { collection };
    const ticks = new Counter({ group: 'main', metric: 'ticks', color: 'red' }, options);
    ticks.incr(3);
    const active = collection.start(join(place.path, 'cells'), {
      meterProvider: provider.provider,
    });
    new Integer({ group: 'main', metric: 'depth' }, options).set(-2);
    new Float({ metric: 'load' }, options).set(0.5);
    const state = new State({ state: 'mood' }, options);
    const fork = new Fork(['read'], { state: 'loop', group: 'g' }, options);
    new RequestTracker('api', {}, options).request(() => {});
    fork.context(() => fork.read.enter());
    state.enter('fine', Date.now() - 1_000);
    const shown = await provider.points();
    expect(shown['mood {"text":"fine"}']).to.be.at.least(1_000);
    expect(shown).to.include({
      'main.ticks {"color":"red"}': 3,
      'main.depth': -2,
      load: 0.5,
      'g.count {"state":"loop.read"}': 1,
      'api.requests': 1,
      'api.errors': 0,
      'api.in_progress': 0,
    });
    state.exit();
    active.close();
    ticks.incr(10);
    expect((await provider.points())['main.ticks {"color":"red"}']).to.equal(3);
    await provider.provider.shutdown();
    place.discard();
  });

  // A cumulative storage of OpenTelemetry's shows an attribute set for ever, whatever is observed.
  it('show no state where there is none', async () => {
    const delta = new Readback(AggregationTemporality.DELTA);
    const place = directory();
    const collection = new Collection();
    const state = new State({ state: 'mood' }, { collection });
    const active = collection.start(join(place.path, 'cells'), { meterProvider: delta.provider });
    state.enter('fine');
    expect(Object.keys(await delta.points())).to.deep.equal(['mood {"text":"fine"}']);
    state.exit();
    expect(await delta.points()).to.deep.equal({});
    active.close();
    await delta.provider.shutdown();
    place.discard();
  });
});

describe('observeProcesses', () => {
  let place: ReturnType<typeof directory>;
  let readback: Readback;
  const active: ActiveCollection[] = [];
  const start = (
    name: string,
    fill: (options: { collection: Collection }) => void,
  ): ActiveCollection => {
    const collection = new Collection();
    fill({ collection });
    active.push(collection.start(join(place.path, name)));
    return active.at(-1)!;
  };
  beforeEach(() => {
    place = directory();
    readback = new Readback();
  });
  afterEach(async () => {
    for (const one of active.splice(0)) one.close();
    await readback.provider.shutdown();
    place.discard();
  });
  /** Collections of the same moment share a reading. */
  const later = () => new Promise((resolve) => setTimeout(resolve, 60));

  it('sums counters and integers, shows floats and states by process, and what appears later', async () => {
    start('a', (options) => {
      new Counter({ group: 'g', metric: 'c', color: 'red' }, options).incr();
      new Integer({ group: 'g', metric: 'i' }, options).set(-1);
      new Float({ group: 'g', metric: 'f' }, options).set(1.5);
      new State({ state: 's' }, options).enter('busy');
    });
    start('b', (options) => {
      new Counter({ group: 'g', metric: 'c', color: 'red' }, options).incr(10);
      new Integer({ group: 'g', metric: 'i' }, options).set(5);
    });
    const observation = observeProcesses({
      meterProvider: readback.provider,
      directory: place.path,
    });
    await later();
    const pid = process.pid;
    const shown = await readback.points();
    expect(shown).to.include({
      'g.c {"color":"red"}': 11,
      'g.i': 4,
      [`g.f {"process.pid":${pid}}`]: 1.5,
      'cantal.processes': 2,
    });
    expect(shown[`s {"process.pid":${pid},"text":"busy"}`]).to.be.a('number');
    start('c', (options) => new Counter({ group: 'g', metric: 'later' }, options).incr(7));
    await later();
    await readback.points();
    await later();
    expect(await readback.points()).to.include({ 'g.later': 7, 'cantal.processes': 3 });
    observation.stop();
    for (const one of active.splice(0)) one.close();
    await later();
    expect(await readback.points()).to.include({ 'g.i': 4, 'cantal.processes': 3 });
  });

  it('keeps the counts of processes that go, and not their levels; a new process at the path adds to them', async () => {
    observeProcesses({
      meterProvider: readback.provider,
      paths: [join(place.path, 'a'), join(place.path, 'b'), join(place.path, 'never')],
    });
    const fill = (name: string, count: number) =>
      start(name, (options) => {
        new Counter({ group: 'g', metric: 'c' }, options).incr(count);
        new Integer({ group: 'g', metric: 'i' }, options).set(count);
        new Float({ group: 'g', metric: 'f' }, options).set(count);
      });
    const a = fill('a', 100);
    fill('b', 10);
    await later();
    await readback.points();
    await later();
    expect(await readback.points()).to.include({ 'g.c': 110, 'g.i': 110 });
    a.close();
    for (let i = 0; i < 8; i++) {
      await later();
      const shown = await readback.points();
      expect(shown).to.include({ 'g.c': 110, 'g.i': 10, 'cantal.processes': 1 });
    }
    fill('a', 3);
    await later();
    expect(await readback.points()).to.include({ 'g.c': 113, 'g.i': 13 });
  });

  it('bears what cannot be read beside what can', async () => {
    start('good', (options) => new Counter({ metric: 'c' }, options).incr(2));
    writeFileSync(join(place.path, 'bad.meta'), 'nonsense');
    writeFileSync(join(place.path, 'short.meta'), 'counter 8: {"metric": "c"}');
    writeFileSync(join(place.path, 'short.values'), 'x');
    observeProcesses({ meterProvider: readback.provider, directory: place.path });
    await later();
    expect(await readback.points()).to.deep.equal({ c: 2, 'cantal.processes': 1 });
  });
});

describe('sums over processes', () => {
  const reading = (
    identity: string,
    counters: Record<string, bigint>,
    alive = true,
  ): CellsReading => ({
    path: '/p',
    identity,
    born: 1,
    alive,
    skipped: 0,
    metrics: Object.entries(counters).map(([metric, value]) => ({
      kind: 'counter',
      dimensions: { metric },
      value,
    })),
  });
  const totals = (sums: ProcessSums) =>
    Object.fromEntries(
      [...sums.totals()].map(({ dimensions, value }) => [dimensions.metric, value]),
    );

  it('never fall: for counters that begin again, metrics that go, files that are replaced', () => {
    const sums = new ProcessSums();
    const steps: [CellsReading[], bigint][] = [
      [[reading('1', { c: 5n })], 5n],
      [[reading('1', { c: 5n }), reading('2', { c: 1n })], 6n],
      [[reading('1', { c: 2n }), reading('2', { c: 1n })], 8n],
      [[reading('1', {}), reading('2', { c: 1n }, false)], 8n],
      [[], 8n],
      [[reading('2', { c: 3n })], 10n],
      [[], 10n],
      [[], 10n],
      [[], 10n],
      [[], 10n],
      [[], 10n],
      [[], 10n],
      [[reading('3', { c: 1n })], 11n],
    ];
    for (const [readings, total] of steps) {
      sums.update(readings);
      expect(totals(sums)).to.deep.equal({ c: total });
    }
  });

  it('tell a process from one before it whose file had the same number', () => {
    const sums = new ProcessSums();
    const of = (pid: number, born: number, c: bigint) => ({ ...reading('1', { c }), pid, born });
    sums.update([of(7, 1, 5n)]);
    sums.update([of(8, 2, 10n)]);
    expect(totals(sums)).to.deep.equal({ c: 15n });
    // A child has the file of its parent, which ended.
    sums.update([of(9, 2, 11n)]);
    expect(totals(sums)).to.deep.equal({ c: 16n });
  });

  it('are over threads too: a thread that ends moves its count', () => {
    const sums = new ProcessSums();
    const threads = (counts: Record<string, bigint>): CellsReading => ({
      ...reading('1', {}),
      metrics: Object.entries(counts).map(([thread, value]) => ({
        kind: 'counter',
        dimensions: { metric: 'c', thread },
        value,
      })),
    });
    sums.update([threads({ 1: 5n, 2: 7n })]);
    sums.update([threads({ 2: 8n, ended: 5n })]);
    expect(totals(sums)).to.deep.equal({ c: 13n });
  });
});
