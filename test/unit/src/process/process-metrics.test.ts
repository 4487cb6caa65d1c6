import { expect } from 'chai';
import { collectProcessMetrics, Metrics } from '../../../../src/index.js';
import { collectGarbage } from '../../../support/collect-garbage.js';
import { ForeignProvider } from '../../../support/foreign-provider.js';
import { MemoryStore } from '../metrics/support.js';

const UNITS: Record<string, string> = {
  'nodejs.eventloop.delay.min': 's',
  'nodejs.eventloop.delay.max': 's',
  'nodejs.eventloop.delay.mean': 's',
  'nodejs.eventloop.delay.stddev': 's',
  'nodejs.eventloop.delay.p50': 's',
  'nodejs.eventloop.delay.p90': 's',
  'nodejs.eventloop.delay.p99': 's',
  'nodejs.eventloop.utilization': '1',
  'nodejs.eventloop.time': 's',
  'v8js.gc.duration': 's',
  'v8js.memory.heap.used': 'By',
  'v8js.memory.heap.space.size': 'By',
  'v8js.memory.heap.space.available_size': 'By',
  'v8js.memory.heap.space.physical_size': 'By',
  'process.memory.usage': 'By',
  'nodejs.memory.external': 'By',
  'nodejs.memory.array_buffers': 'By',
  'process.cpu.time': 's',
  'process.cpu.utilization': '1',
  'process.uptime': 's',
  'nodejs.active_resources': '{resource}',
  ...(process.platform === 'linux' && {
    'process.unix.file_descriptor.count': '{file_descriptor}',
  }),
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** More than some kernels' tick, in which they count processor time. */
const BUSY_MICROSECONDS = 50_000;

/** Keeps the processor and the collector of garbage busy. */
async function work(): Promise<void> {
  const before = process.cpuUsage();
  for (let round = 0; round < 5 || process.cpuUsage(before).user < BUSY_MICROSECONDS; round++) {
    const kept: unknown[] = [];
    for (let i = 0; i < 100_000; i++) kept.push({ i });
    collectGarbage('young');
    await pause(20);
  }
}

describe('collectProcessMetrics', () => {
  it("records the process under OpenTelemetry's names and units, before each flush", async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const collection = collectProcessMetrics(metrics);
    await metrics.flush();
    store.reports.length = 0;
    await work();
    await metrics.flush();
    const units = Object.fromEntries(store.reports.map(({ name, unit }) => [name, unit]));
    expect(units).to.deep.equal(UNITS);
    const numberOf = (name: string, tag?: string): number =>
      store.reports.find(
        (report) =>
          report.name === name &&
          (tag === undefined || Object.values(report.tags as object).includes(tag)),
      )!.value as number;
    expect(numberOf('nodejs.eventloop.delay.p99')).to.be.within(0.001, 60);
    expect(numberOf('nodejs.eventloop.utilization')).to.be.within(0.001, 1);
    expect(numberOf('nodejs.eventloop.time', 'active')).to.be.within(0.001, 60);
    expect(numberOf('process.cpu.time', 'user')).to.be.within(0.001, 60);
    expect(numberOf('process.cpu.utilization', 'user')).to.be.within(0, 1.5);
    expect(numberOf('process.memory.usage')).to.be.above(10_000_000);
    expect(numberOf('v8js.memory.heap.used', 'old_space')).to.be.above(1_000_000);
    expect(numberOf('process.uptime')).to.be.within(0.1, 100_000);
    expect(numberOf('v8js.gc.duration', 'minor')).to.be.within(0, 10);
    expect(metrics.ledger().refused).to.deep.equal({});
    collection.stop();
    await metrics.close();
  });

  it('takes samples at its interval', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store, mode: 'individual' });
    const { stop } = collectProcessMetrics(metrics, { interval: 20 });
    const samples = (): number => store.of('process.uptime').length;
    while (samples() < 3) await pause(10);
    stop();
    stop();
    await metrics.flush();
    const before = store.reports.length;
    await pause(100);
    await metrics.flush();
    expect(store.reports).to.have.length(before);
    await metrics.close();
  });

  it('has its gauges forgotten when it is stopped', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const collection = collectProcessMetrics(metrics);
    collection.stop();
    await metrics.flush();
    expect(store.reports.length).to.be.above(10);
    await metrics.flush();
    store.reports.length = 0;
    await metrics.flush();
    expect(store.reports).to.deep.equal([]);
    await metrics.close();
  });

  it('ends with its Metrics, without a refused call', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const { stop } = collectProcessMetrics(metrics, { interval: 10 });
    await metrics.close();
    expect(store.of('process.uptime')).to.have.length(1);
    await pause(50);
    stop();
    collectProcessMetrics(metrics, { interval: 10 }).stop();
    expect(metrics.ledger().refused).to.deep.equal({});
  });

  it('records through a child, with its prefix and tags', async () => {
    const store = new MemoryStore();
    const metrics = new Metrics({ backend: store });
    const child = metrics.with({ prefix: 'worker.', tags: { role: 'mail' } });
    const { stop } = collectProcessMetrics(child);
    await metrics.flush();
    stop();
    await metrics.close();
    const rss = store.reports.find(({ name }) => name === 'worker.process.memory.usage');
    expect(rss).to.deep.include({ tags: { role: 'mail' }, unit: 'By' });
    expect(store.reports.every(({ name }) => name.startsWith('worker.'))).to.equal(true);
  });

  it('gives a provider of the application its numbers', async () => {
    const foreign = new ForeignProvider([{ temporality: 'cumulative' }]);
    const metrics = new Metrics({ meterProvider: foreign.provider });
    const { stop } = collectProcessMetrics(metrics);
    const [rss] = await foreign.points('process.memory.usage');
    expect(rss!.value).to.be.above(10_000_000);
    stop();
    await metrics.close();
  });

  it('starts nothing where metrics are off, and refuses wrong arguments', () => {
    const off = new Metrics({ enabled: false });
    collectProcessMetrics(off, { interval: 1 }).stop();
    expect(off.ledger().refused).to.deep.equal({});
    expect(() => collectProcessMetrics(off, { interval: 0 })).to.throw('interval');
    expect(() => collectProcessMetrics(off, { every: 5 } as never)).to.throw('every');
    expect(() => collectProcessMetrics({} as Metrics)).to.throw(TypeError, 'takes a Metrics');
  });
});
