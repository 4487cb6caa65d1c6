import type { HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { HeapCells, observeCells } from '../../../../bridges/index.js';
import { type Description, Metrics, type MetricsOptions } from '../../../../src/index.js';
import { diagDuring, MemoryStore } from './support.js';

/** An application's own provider. */
class SetUp {
  readonly exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly meterProvider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: this.exporter,
        exportIntervalMillis: 3_600_000,
      }),
    ],
  });

  metric(name: string): MetricData {
    const found = (this.exporter.getMetrics().at(-1) as ResourceMetrics).scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name);
    expect(found, name).to.have.length(1);
    return found[0]!;
  }
}

/** A store that keeps what a reader hands over. */
class Handed extends MemoryStore implements PushMetricExporter {
  readonly metrics: MetricData[] = [];

  override export(...[data, done]: Parameters<MemoryStore['export']>): void {
    if (!Array.isArray(data))
      this.metrics.push(...data.scopeMetrics.flatMap(({ metrics }) => metrics));
    super.export(data, done);
  }
}

const ORDERS: Description = { unit: '{order}', description: 'Orders paid.', monotonic: true };
const LATENCY: Description = { unit: 's', description: 'Time to answer.', buckets: [0.1, 0.2, 4] };
const SIZE: Description = { unit: 'By', description: 'Bytes on disk.' };

function record(metrics: Metrics): void {
  metrics.increment('orders', { paid: true }, 2);
  metrics.gauge('size', 7);
  metrics.timing('latency', 0.15);
}

function describeAll(metrics: Metrics): void {
  metrics.describe('orders', ORDERS);
  metrics.describe('size', SIZE);
  metrics.describe('latency', LATENCY);
}

describe('describe', () => {
  it('gives an OpenTelemetry provider instruments with unit, description, monotony and buckets', async () => {
    const setUp = new SetUp();
    const metrics = new Metrics({ meterProvider: setUp.meterProvider });
    describeAll(metrics);
    record(metrics);
    await metrics.flush();
    const [orders, size, latency] = ['orders', 'size', 'latency'].map((name) => setUp.metric(name));
    expect(orders!.descriptor).to.include({ unit: '{order}', description: 'Orders paid.' });
    expect(orders).to.include({ isMonotonic: true });
    expect(size!.descriptor).to.include({ unit: 'By', description: 'Bytes on disk.' });
    expect(latency!.descriptor).to.include({ unit: 's', description: 'Time to answer.' });
    const [point] = latency!.dataPoints as { value: { buckets: object } }[];
    expect(point!.value.buckets).to.deep.equal({
      boundaries: [0.1, 0.2, 4],
      counts: [0, 1, 0, 0],
    });
    await metrics.close();
  });

  it('gives a store of ours units in its reports, and OpenTelemetry data with all of it', async () => {
    const store = new Handed();
    const metrics = new Metrics({ backend: store });
    describeAll(metrics);
    record(metrics);
    metrics.increment('other');
    await metrics.close();
    const units = Object.fromEntries(store.reports.map(({ name, unit }) => [name, unit]));
    expect(units).to.deep.equal({ orders: '{order}', size: 'By', latency: 's', other: undefined });
    const told = store.metrics.map((metric) => [
      metric.descriptor.name,
      metric.descriptor.description,
      'isMonotonic' in metric && metric.isMonotonic,
    ]);
    expect(told).to.deep.equal([
      ['orders', 'Orders paid.', true],
      ['size', 'Bytes on disk.', false],
      ['latency', 'Time to answer.', false],
      ['other', '', false],
    ]);
  });

  it('counts after the first use too: of a store of ours all of it', async () => {
    const store = new Handed();
    const metrics = new Metrics({ backend: store });
    record(metrics);
    await metrics.flush();
    describeAll(metrics);
    record(metrics);
    store.metrics.length = 0;
    await metrics.close();
    const [orders] = store.metrics;
    expect(orders!.descriptor).to.include({ unit: '{order}', description: 'Orders paid.' });
    expect(orders).to.include({ isMonotonic: true });
    expect(metrics.ledger().refused).to.deep.equal({});
  });

  it('comes in time for a provider until a counter is first collected', async () => {
    const setUp = new SetUp();
    const metrics = new Metrics({ meterProvider: setUp.meterProvider });
    metrics.increment('orders');
    metrics.describe('orders', ORDERS);
    await metrics.flush();
    expect(setUp.metric('orders')).to.include({ isMonotonic: true });
    expect(setUp.metric('orders').descriptor).to.include({ unit: '{order}' });
    await metrics.close();
  });

  it('gives instruments that a provider has already a description, and says that all else is too late', async () => {
    const setUp = new SetUp();
    const metrics = new Metrics({ meterProvider: setUp.meterProvider });
    record(metrics);
    await metrics.flush();
    const said = await diagDuring(() => {
      metrics.describe('size', { description: 'Bytes on disk.' });
      metrics.describe('latency', { description: 'Time to answer.' });
      metrics.describe('orders', { description: 'Orders paid.' });
      expect(metrics.ledger().refused).to.deep.equal({});
      metrics.describe('orders', { monotonic: true });
      metrics.describe('size', { unit: 'By' });
      metrics.describe('latency', { buckets: [1] });
    });
    expect(metrics.ledger().refused).to.deep.equal({ description: 3 });
    const own = said.filter((text) => text.includes('KANEDA_REFUSED'));
    expect(own).to.have.length(1);
    expect(own[0]).to.include('describe("orders")').and.include('already');
    record(metrics);
    await metrics.flush();
    for (const [name, text] of [
      ['size', 'Bytes on disk.'],
      ['latency', 'Time to answer.'],
      ['orders', 'Orders paid.'],
    ] as const)
      expect(setUp.metric(name).descriptor.description, name).to.equal(text);
    const [point] = setUp.metric('orders').dataPoints;
    expect(point!.value).to.equal(4);
    await metrics.close();
  });

  for (const [kind, options] of [
    ['aggregated', {}],
    ['as a report a call', { mode: 'individual' }],
  ] as [string, MetricsOptions][])
    it(`makes a monotonic counter refuse what is taken off, ${kind}`, async () => {
      const store = new MemoryStore();
      const metrics = new Metrics({ backend: store, ...options });
      metrics.describe('orders', { monotonic: true, unit: '1' });
      const handle = metrics.counter('orders');
      const said = await diagDuring(() => {
        handle.add(2);
        handle.add(-1);
        metrics.decrement('orders');
        metrics.increment('orders', undefined, -1);
        metrics.decrement('orders', undefined, -4);
        metrics.decrement('others');
      });
      await metrics.close();
      const sum = (store.of('orders') as number[]).reduce((a, b) => a + b, 0);
      expect([sum, store.of('others')]).to.deep.equal([6, [-1]]);
      expect(store.reports.find(({ name }) => name === 'orders')!.unit).to.equal('1');
      expect(metrics.ledger().refused).to.deep.equal({ monotonic: 3 });
      expect(said).to.have.length(1);
      expect(said[0]).to.include('monotonic');
    });

  it('does not make a counter monotonic that was taken off from', async () => {
    const metrics = new Metrics({ backend: new MemoryStore() });
    await diagDuring(() => {
      metrics.decrement('views');
      metrics.describe('views', { monotonic: true });
      metrics.counter('jobs').add(-1);
      metrics.describe('jobs', { monotonic: true });
      metrics.decrement('views');
    });
    expect(metrics.ledger().refused).to.deep.equal({ description: 2 });
    await metrics.close();
  });

  it('lets timers record in the described unit of time', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    metrics.describe('ms', { unit: 'ms' });
    metrics.describe('bytes', { unit: 'By' });
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));
    await metrics.timed('ms')(pause)();
    await metrics.timer('ms').time(pause);
    await metrics.timed('ms', { useMs: true })(pause)();
    await metrics.timed('bytes')(pause)();
    await metrics.close();
    const [ms, bytes] = store.reports;
    expect(ms).to.include({ unit: 'ms' });
    expect(ms!.fields!.min).to.be.within(20, 20_000);
    expect(bytes!.fields!.max).to.be.below(20);
  });

  it('refuses what is bad or contradicts, and never throws', async () => {
    const metrics = new Metrics({ backend: new MemoryStore() });
    metrics.describe('views', { unit: '1', buckets: [1, 2] });
    metrics.describe('views', { unit: '1', buckets: [1, 2], description: 'Views.' });
    metrics.describe('views', {});
    expect(metrics.ledger().refused).to.deep.equal({});
    const bad: unknown[] = [
      { unit: '2' },
      { buckets: [1, 3] },
      { unit: '' },
      { unit: 'é' },
      { unit: 'x'.repeat(64) },
      { description: 5 },
      { description: 'x'.repeat(1_024) },
      { monotonic: 'yes' },
      { buckets: [2, 1] },
      { buckets: [1, Number.NaN] },
      { buckets: '1' },
      { descripton: 'Views.' },
      null,
      'Views.',
      {
        get unit(): string {
          throw new Error('not readable');
        },
      },
    ];
    const said = await diagDuring(() => {
      for (const one of bad) metrics.describe('views', one as Description);
      metrics.describe('', { unit: 's' });
    });
    expect(metrics.ledger().refused).to.deep.equal({ description: bad.length, name: 1 });
    expect(said[0]).to.include('its unit is described already as "1"');
    await metrics.close();
  });

  it('is bounded by nameLimit', async () => {
    const metrics = new Metrics({ backend: new MemoryStore(), nameLimit: 2 });
    await diagDuring(() => {
      for (const name of ['a', 'b', 'c', 'a']) metrics.describe(name, { unit: 's' });
    });
    expect(metrics.ledger().refused).to.deep.equal({ names: 1 });
    await metrics.close();
  });

  it('goes through children with their prefix, and does nothing where metrics are off', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const { describe: tell, increment } = metrics.with({ prefix: 'shop.' });
    tell('views', { unit: '1' });
    increment('views');
    await metrics.close();
    expect(store.reports[0]).to.include({ name: 'shop.views', unit: '1' });
    const off = new Metrics({ enabled: false });
    off.describe('', { unit: 5 } as never);
    expect(off.ledger().refused).to.deep.equal({});
  });

  it('reaches observeCells for cells that two Metrics share', async () => {
    const cells = new HeapCells();
    const setUp = new SetUp();
    const observation = observeCells(cells, setUp.meterProvider.getMeter('own'));
    const first = new Metrics({ backend: new MemoryStore(), cells });
    const second = new Metrics({ backend: new MemoryStore(), cells });
    first.increment('orders');
    second.describe('orders', ORDERS);
    second.increment('orders');
    await setUp.meterProvider.forceFlush();
    const orders = setUp.metric('orders');
    expect(orders).to.include({ isMonotonic: true });
    expect((orders.dataPoints[0] as { value: number; startTime: HrTime }).value).to.equal(2);
    observation.stop();
    await Promise.all([first.close(), second.close()]);
  });
});
