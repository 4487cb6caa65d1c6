import { join } from 'node:path';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { CellProducer } from '../../../bridges/cell-producer.js';
import { HeapCells } from '../../../bridges/cells/heap-cells.js';
import { MappedCells } from '../../../bridges/cells/mapped/mapped-cells.js';
import { CounterCell } from '../../../bridges/cells/single/counter-cell.js';
import { FloatCell } from '../../../bridges/cells/single/float-cell.js';
import { IntegerCell } from '../../../bridges/cells/single/integer-cell.js';
import { StateCell } from '../../../bridges/cells/single/state-cell.js';

import { directory } from '../../support/places.js';

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

const place = directory();
const mapped = (): MappedCells => MappedCells.create(join(place.path, 'values'));

/** All points of a collection as `name{attributes} value`. */
async function points(producer: CellProducer): Promise<string[]> {
  return (await metricsOf(producer)).flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, value }) => {
      const shown = typeof value === 'number' ? value : `${value.count}/${value.sum}`;
      return `${descriptor.name}${JSON.stringify(attributes)} ${shown}`;
    }),
  );
}

async function metricsOf(producer: CellProducer): Promise<MetricData[]> {
  const { resourceMetrics, errors } = await producer.collect();
  expect(errors).to.deep.equal([]);
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
}

describe('CellProducer', () => {
  after(() => place.discard());

  it('hands out sums, gauges and histograms as OpenTelemetry has them', async () => {
    const cells = new HeapCells();
    cells.family('sum', 'sales', { unit: 'eur' }).add({ shop: 'a' }, -2);
    cells.family('gauge', 'sales').set(['x', 'y'], 7);
    cells.family('histogram', 'sales').record({}, 4);
    const [sum, gauge, histogram] = await metricsOf(new CellProducer(cells));
    expect(sum).to.deep.include({
      dataPointType: DataPointType.SUM,
      isMonotonic: false,
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    });
    expect(sum!.descriptor).to.deep.include({ name: 'sales', unit: 'eur' });
    expect(sum!.dataPoints[0]).to.deep.include({ attributes: { shop: 'a' }, value: -2 });
    expect(gauge).to.include({ dataPointType: DataPointType.GAUGE });
    expect(gauge!.dataPoints[0]).to.deep.include({ attributes: { tags: ['x', 'y'] }, value: 7 });
    expect(histogram).to.include({ dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM });
    expect(histogram!.dataPoints[0]!.value).to.deep.include({
      count: 1,
      sum: 4,
      min: 4,
      max: 4,
      zeroCount: 0,
    });
  });

  it('goes through a real reader', async () => {
    const cells = new HeapCells();
    cells.family('sum', 'n').add({}, 1);
    const reader = new Reader({
      metricProducers: [new CellProducer(cells, { temporality: 'delta' })],
    });
    const provider = new MeterProvider({ readers: [reader] });
    const { resourceMetrics } = await reader.collect();
    expect(
      resourceMetrics.scopeMetrics.map(({ scope, metrics }) => [scope.name, metrics.length]),
    ).to.deep.equal([['kaneda-otel', 1]]);
    await provider.shutdown();
  });

  it('repeats totals when cumulative; starts at the beginning of the family', async () => {
    const cells = new HeapCells();
    const producer = new CellProducer(cells);
    cells.family('sum', 'n').add({}, 1);
    cells.family('histogram', 't').record({}, 1);
    expect(await points(producer)).to.deep.equal(['n{} 1', 't{} 1/1']);
    cells.family('histogram', 't').record({}, 2);
    expect(await points(producer)).to.deep.equal(['n{} 1', 't{} 2/3']);
    const [data] = await metricsOf(producer);
    const { startTime, endTime } = data!.dataPoints[0]!;
    expect(Math.round(startTime[0] * 1000 + startTime[1] / 1e6)).to.equal(
      cells.family('sum', 'n').since,
    );
    expect(endTime[0]).to.be.at.least(startTime[0]);
  });

  for (const temporality of ['delta', AggregationTemporality.DELTA] as const) {
    it(`hands out what was added when ${temporality}, and nothing for what did not change`, async () => {
      const cells = new HeapCells();
      const producer = new CellProducer(cells, { temporality });
      const [sums, times] = [cells.family('sum', 'n'), cells.family('histogram', 't')];
      sums.add({ a: 1 }, 5);
      sums.add({ a: 2 }, 1);
      times.record({}, 1);
      expect(await points(producer)).to.deep.equal(['n{"a":1} 5', 'n{"a":2} 1', 't{} 1/1']);
      sums.add({ a: 1 }, -3);
      sums.add({ a: 2 }, 1);
      sums.add({ a: 2 }, -1);
      expect(await points(producer)).to.deep.equal(['n{"a":1} -3']);
      times.record({}, 3);
      const [data] = await metricsOf(producer);
      expect(data!.aggregationTemporality).to.equal(AggregationTemporality.DELTA);
      expect(data!.dataPoints[0]!.value).to.deep.include({ count: 1, sum: 3, min: 3, max: 3 });
    });
  }

  for (const cells of [() => new HeapCells(), mapped] as const)
    it(`hands out exactly what was added between collections, from ${cells === mapped ? 'mapped' : 'heap'} cells`, async () => {
      const store = cells();
      const sums = store.family('sum', 'n');
      sums.add({ a: 'before' }, 1e16);
      const producer = new CellProducer(store, { temporality: 'delta' });
      const taken = async (...added: number[]): Promise<string[]> => {
        for (const by of added) sums.add({}, by);
        return (await points(producer)).map((point) => point.slice(point.lastIndexOf(' ') + 1));
      };
      expect(await taken(1e16)).to.have.lengthOf(2);
      for (let i = 0; i < 3; i++) expect(await taken(1)).to.deep.equal(['1']);
      for (let i = 0; i < 12; i++) expect(await taken(0.1)).to.deep.equal(['0.1']);
      expect(await taken(0.1, 0.2)).to.deep.equal([String(0.1 + 0.2)]);
      expect(await taken(1e308)).to.deep.equal(['1e+308']);
      expect(await taken(1e308)).to.deep.equal(['1e+308']);
      expect(await taken(1e308, 1e308)).to.deep.equal(['Infinity']);
      expect(await taken(5)).to.deep.equal(['5']);
      expect(await taken(-1e16, 1e16)).to.deep.equal([]);
      expect(await taken()).to.deep.equal([]);
      expect(sums.value(sums.find({ a: 'before' }))).to.equal(1e16);
    });

  it('goes on where it stopped when it takes part again', async () => {
    const cells = new HeapCells();
    const producer = new CellProducer(cells, { temporality: 'delta' });
    const sums = cells.family('sum', 'n');
    sums.add({}, 1);
    expect(await points(producer)).to.deep.equal(['n{} 1']);
    sums.add({}, 2);
    producer.stop();
    sums.add({}, 4);
    expect(await points(producer)).to.deep.equal(['n{} 6']);
    sums.add({}, 8);
    expect(await points(producer)).to.deep.equal(['n{} 8']);
  });

  it('gives each of several producers everything, histograms too', async () => {
    const cells = new HeapCells();
    const [delta, total] = [
      new CellProducer(cells, { temporality: 'delta' }),
      new CellProducer(cells),
    ];
    const [sums, times] = [cells.family('sum', 'n'), cells.family('histogram', 't')];
    const record = (value: number): void => {
      sums.add({}, value);
      times.record({}, value);
    };
    record(1);
    expect([await points(delta), await points(total)]).to.deep.equal([
      ['n{} 1', 't{} 1/1'],
      ['n{} 1', 't{} 1/1'],
    ]);
    record(2);
    expect(await points(delta)).to.deep.equal(['n{} 2', 't{} 1/2']);
    record(4);
    expect(await points(delta)).to.deep.equal(['n{} 4', 't{} 1/4']);
    expect(await points(total)).to.deep.equal(['n{} 7', 't{} 3/7']);
    const late = new CellProducer(cells);
    expect(await points(late)).to.deep.equal(['n{} 7']);
    record(8);
    expect([await points(late), await points(total), await points(delta)]).to.deep.equal([
      ['n{} 15', 't{} 1/8'],
      ['n{} 15', 't{} 4/15'],
      ['n{} 8', 't{} 1/8'],
    ]);
  });

  it('shows a removed series once more, and its follower from zero', async () => {
    const cells = new HeapCells();
    const producer = new CellProducer(cells, { temporality: 'delta' });
    const sums = cells.family('sum', 'n');
    sums.add({ a: 1 }, 5);
    await producer.collect();
    sums.add({ a: 1 }, 2);
    sums.remove({ a: 1 });
    expect(await points(producer)).to.deep.equal(['n{"a":1} 2']);
    expect(await points(producer)).to.deep.equal([]);
    sums.add({ b: 1 }, 5);
    expect(await points(producer)).to.deep.equal(['n{"b":1} 5']);
  });

  it("names Cantal's cells by group and metric, states by how long they last", async () => {
    const cells = new HeapCells();
    const add = <One extends CounterCell | IntegerCell | FloatCell | StateCell>(cell: One): One => {
      cells.add(cell);
      return cell;
    };
    add(new CounterCell({ group: 'loop', metric: 'ticks', host: 'a' })).incr(2n ** 64n - 1n);
    const ticks = add(new CounterCell({ group: 'loop', metric: 'ticks', host: 'b' }));
    ticks.incr(5);
    const level = add(new IntegerCell({ state: 'disk', metric: 'free' }));
    level.set(-3);
    add(new FloatCell({ other: 'x' })).set(0.5);
    add(new FloatCell({ group: 'g', state: 's', metric: 'm' }));
    const state = add(new StateCell({ group: 'loop', state: 'work' }));
    const idle = add(new StateCell({ state: 'idle' }));
    state.enter('reading', Date.now() - 1_000_000);
    idle.enter('x');
    idle.exit();
    const delta = new CellProducer(cells, { temporality: 'delta' });
    const metrics = await metricsOf(delta);
    expect(metrics.map(({ descriptor: { name, unit } }) => `${name} ${unit}`)).to.deep.equal([
      'loop.ticks ',
      'disk.free ',
      'cantal ',
      'g.m ',
      'loop ms',
    ]);
    const [counter, up, float, both, working] = metrics;
    expect(counter).to.deep.include({ isMonotonic: true, dataPointType: DataPointType.SUM });
    expect(counter!.dataPoints.map(({ attributes, value }) => [attributes, value])).to.deep.equal([
      [{ host: 'a' }, 2 ** 64],
      [{ host: 'b' }, 5],
    ]);
    expect(up!.dataPoints[0]).to.deep.include({ attributes: {}, value: -3 });
    expect(up).to.deep.include({ isMonotonic: false });
    expect(float!.dataPoints[0]).to.deep.include({ attributes: { other: 'x' }, value: 0.5 });
    expect(both!.dataPoints[0]).to.deep.include({ attributes: { state: 's' }, value: 0 });
    expect(working!.dataPoints[0]!.attributes).to.deep.equal({ state: 'work', text: 'reading' });
    expect(working!.dataPoints[0]!.value).to.be.within(1_000_000, 1_060_000);
    ticks.incr();
    level.incr(2);
    const again = await points(delta);
    expect(again.slice(0, 2)).to.deep.equal(['loop.ticks{"host":"b"} 1', 'disk.free{} 2']);
  });

  it('hands out the delta of a counter that wrapped', async () => {
    const cells = new HeapCells();
    const counter = new CounterCell({ metric: 'm' });
    cells.add(counter);
    counter.incr(2n ** 64n - 2n);
    const delta = new CellProducer(cells, { temporality: 'delta' });
    await delta.collect();
    counter.incr(7);
    expect(counter.get()).to.equal(5n);
    expect(await points(delta)).to.deep.equal(['m{} 7']);
  });

  it('lets the event loop turn while it collects many series, and misses none that comes meanwhile', async () => {
    const cells = new HeapCells();
    const sums = cells.family('sum', 'n', { tagLimit: 1e6 });
    for (let i = 0; i < 60_000; i++) sums.add({ a: i % 60, b: i }, 1);
    const delta = new CellProducer(cells, { temporality: 'delta' });
    let turns = 0;
    let handed = 0;
    let recorded = 60_000;
    let done = false;
    const turn = (): void => {
      turns++;
      recorded +=
        Number(sums.add({ a: turns % 60, b: 1e6 + turns }, 1)) +
        Number(sums.add({ a: 0, b: 0 }, 1));
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const collected = await Promise.all([metricsOf(delta), metricsOf(delta)]);
    done = true;
    await new Promise((resolve) => setImmediate(resolve));
    collected.push(await metricsOf(delta));
    for (const { dataPoints } of collected.flat())
      for (const { value } of dataPoints) handed += value as number;
    expect(turns).to.be.above(1);
    expect(handed).to.equal(recorded);
  });

  it('takes no further part once stopped', async () => {
    const cells = new HeapCells();
    const [stopped, other] = [new CellProducer(cells), new CellProducer(cells)];
    cells.family('gauge', 'n').set({}, 1);
    await stopped.collect();
    await other.collect();
    stopped.stop();
    cells.family('gauge', 'n').remove();
    expect(await points(other)).to.deep.equal(['n{} 1']);
    expect(await points(other)).to.deep.equal([]);
    expect(cells.family('gauge', 'n').size).to.equal(0);
  });

  it('refuses a temporality that there is not', () => {
    expect(
      () => new CellProducer(new HeapCells(), { temporality: 'sometimes' as 'delta' }),
    ).to.throw(TypeError, /cumulative/);
  });
});
