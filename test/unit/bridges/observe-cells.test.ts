import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { HeapCells } from '../../../bridges/cells/heap-cells.js';
import { CounterCell } from '../../../bridges/cells/single/counter-cell.js';
import { FloatCell } from '../../../bridges/cells/single/float-cell.js';
import { IntegerCell } from '../../../bridges/cells/single/integer-cell.js';
import { StateCell } from '../../../bridges/cells/single/state-cell.js';
import { observeCells } from '../../../bridges/observe-cells.js';
import { ForeignProvider } from '../../support/foreign-provider.js';

class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** A foreign set-up: OpenTelemetry's own provider with a reader of its own. */
class Foreign {
  readonly reader = new Reader();
  readonly provider = new MeterProvider({ readers: [this.reader] });
  readonly meter: Meter = this.provider.getMeter('app');

  async points(): Promise<Record<string, unknown>> {
    const { resourceMetrics, errors } = await this.reader.collect();
    expect(errors).to.deep.equal([]);
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => {
          const shown =
            typeof value === 'number'
              ? value
              : { count: value.count, sum: value.sum, min: value.min, max: value.max };
          return [`${descriptor.name}${JSON.stringify(attributes)}`, shown] as const;
        }),
      ),
    );
  }
}

describe('observeCells', () => {
  it('adds exactly what was added to a sum between collections', async () => {
    const foreign = new ForeignProvider([{ temporality: 'delta' }]);
    const cells = new HeapCells();
    const sums = cells.family('sum', 'n');
    sums.add({}, 1e16);
    observeCells(cells, foreign.provider.getMeter('m'));
    expect(await foreign.sum('n')).to.equal(1e16);
    for (const by of [1, 1, 0.1, 0.1, 1e308, 1e308, 5]) {
      sums.add({}, by);
      expect(await foreign.sum('n')).to.equal(by);
    }
  });

  it('shows sums, gauges and timings of before and after on a foreign meter', async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    cells.family('sum', 'early').add({ a: 1 }, 5);
    cells.family('histogram', 'time', { unit: 's' }).record({ a: 1 }, 0.5);
    const { stop } = observeCells(cells, foreign.meter);
    cells.family('sum', 'early').add({ a: 1 }, -1);
    cells.family('gauge', 'late').set(['x'], 3);
    cells.family('histogram', 'time').record({ a: 1 }, 1.5);
    cells.family('histogram', 'later').record(undefined, 2);
    expect(await foreign.points()).to.deep.equal({
      'early{"a":1}': 4,
      'late{"tags":["x"]}': 3,
      'time{"a":1}': { count: 2, sum: 2, min: 0.5, max: 1.5 },
      'later{}': { count: 1, sum: 2, min: 2, max: 2 },
    });
    stop();
    stop();
    cells.family('histogram', 'later').record(undefined, 2);
    expect((await foreign.points())['later{}']).to.deep.include({ count: 1 });
  });

  it("shows Cantal's kinds, those of one name as one instrument", async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    observeCells(cells, foreign.meter);
    const counters = ['a', 'b'].map(
      (host) => new CounterCell({ group: 'loop', metric: 'ticks', host }),
    );
    const integer = new IntegerCell({ group: 'disk', metric: 'free' });
    const float = new FloatCell({ metric: 'load' });
    const state = new StateCell({ state: 'job', core: '0' });
    for (const cell of [...counters, integer, float, state]) cells.add(cell);
    counters[0]!.incr(3);
    integer.set(-2);
    float.set(0.25);
    expect(await foreign.points()).to.deep.equal({
      'loop.ticks{"host":"a"}': 3,
      'loop.ticks{"host":"b"}': 0,
      'disk.free{}': -2,
      'load{}': 0.25,
    });
    state.enter('busy', Date.now() - 5000);
    expect((await foreign.points())['job{"core":"0","text":"busy"}']).to.be.within(5000, 60_000);
  });

  it('corrects names, and tells kinds under one name apart', async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    observeCells(cells, foreign.meter);
    cells.family('sum', 'user views').add({}, 1);
    cells.family('gauge', 'user views').set({}, 2);
    cells.family('histogram', 'user views').record({}, 3);
    cells.family('sum', 'User_Views').add({}, 4);
    cells.family('sum', '9lives').add({}, 5);
    cells.family('gauge', 'é'.repeat(300)).set({}, 6);
    expect(await foreign.points()).to.deep.equal({
      'user_views{}': 1,
      'user_views.gauge{}': 2,
      'user_views.timing{}': { count: 1, sum: 3, min: 3, max: 3 },
      'User_Views.counter{}': 4,
      'm9lives{}': 5,
      [`m${'_'.repeat(254)}{}`]: 6,
    });
  });

  it('replays what waited exactly while it is little', async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    const values = Array.from({ length: 8000 }, (_, i) => (i * 37) % 1009);
    for (const value of values) cells.family('histogram', 't').record({ a: value % 3 }, value);
    const recorded: [number, object][] = [];
    const meter = spying(foreign.meter, recorded);
    await observeCells(cells, meter).replayed;
    expect(recorded).to.deep.equal(values.map((value) => [value, { a: value % 3 }]));
  });

  it('replays a lot from buckets, with count, sum, min and max kept', async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    const times = cells.family('histogram', 't');
    const whole = { count: 30_000, sum: 0, min: 0.001, max: 30 };
    for (let i = 1; i <= 30_000; i++) {
      times.record({}, i / 1000);
      whole.sum += i / 1000;
    }
    const observation = observeCells(cells, foreign.meter);
    times.record({}, 0);
    await observation.replayed;
    const shown = (await foreign.points())['t{}'] as Required<
      Pick<Histogram, 'count' | 'sum' | 'min' | 'max'>
    >;
    expect(shown).to.deep.include({ count: 30_001, min: 0, max: 30 });
    expect(shown.sum).to.be.closeTo(whole.sum, whole.sum * 1e-9);
  });

  it('gives a series that leaves once more to the provider, then no more', async () => {
    const cells = new HeapCells();
    const foreign = new Foreign();
    observeCells(cells, foreign.meter);
    const gauges = cells.family('gauge', 'g');
    gauges.set({ a: 1 }, 1);
    gauges.set({ a: 2 }, 2);
    cells.family('sum', 's').add({}, 1);
    gauges.remove({ a: 1 });
    const seen: string[][] = [];
    for (let i = 0; i < 3; i++)
      seen.push(Object.keys(await foreign.points()).filter((name) => name.startsWith('g')));
    expect(seen[0]).to.deep.equal(['g{"a":1}', 'g{"a":2}']);
    expect(gauges.size).to.equal(1);
  });

  it('lets nothing that a meter throws reach the recording call', () => {
    const cells = new HeapCells();
    const broken = new Proxy(createNoopMeter(), {
      get: (meter, name) =>
        name === 'createHistogram'
          ? () => ({
              record: () => {
                throw new Error('no');
              },
            })
          : Reflect.get(meter, name),
    });
    cells.family('histogram', 'early').record({}, 1);
    observeCells(cells, broken);
    expect(cells.family('histogram', 'early').record({}, 1)).to.equal(true);
    expect(cells.family('histogram', 'late').record({}, 1)).to.equal(true);
  });
});

function spying(meter: Meter, recorded: [number, object][]): Meter {
  return new Proxy(meter, {
    get: (target, name) =>
      name === 'createHistogram'
        ? () => ({
            record: (value: number, attributes: object) => recorded.push([value, attributes]),
          })
        : Reflect.get(target, name).bind(target),
  });
}
