import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import fc from 'fast-check';
import { Metrics } from '../../../../src/index.js';
import { ControlledDate } from '../../../support/date.js';
import { OverwritingStore } from '../../../support/overwriting-store.js';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** A store that overwrites has as many reports as were made. */
function expectAllThere(store: OverwritingStore, count = store.written): void {
  expect(store.ledger()).to.deep.include({ pending: 0, rejected: {}, dropped: {} });
  expect(store.ledger().stored).to.equal(store.written);
  expect([store.written, store.byId.size, store.byNanosecond.size]).to.deep.equal([
    count,
    count,
    count,
  ]);
}

describe('each report', () => {
  const date = new ControlledDate();
  beforeEach(() => date.install());
  afterEach(() => date.restore());

  const aggregating = (...backend: OverwritingStore[]): Metrics =>
    new Metrics({ backend, exportInterval: HOUR_MS });

  it('has an id of its own, however fast flushes follow each other', async () => {
    const store = new OverwritingStore();
    const metrics = aggregating(store);
    for (let i = 0; i < 100; i++) {
      metrics.increment('x');
      await metrics.flush();
    }
    expectAllThere(store, 100);
    await metrics.close();
  });

  it('has an id of its own while the clock stands still', async () => {
    date.freeze(START);
    const store = new OverwritingStore();
    const metrics = aggregating(store);
    for (let i = 0; i < 4; i++) {
      metrics.increment('x');
      metrics.event('e', 'text');
      await metrics.flush();
    }
    expectAllThere(store, 8);
    for (const { timestamp } of store.byId.values()) expect(timestamp.getTime()).to.equal(START);
    await metrics.close();
  });

  it('has an id of its own among those of several Metrics on one exporter', async () => {
    const store = new OverwritingStore();
    const both = [aggregating(store), aggregating(store)];
    for (const metrics of both) metrics.increment('x');
    await Promise.all(both.map((metrics) => metrics.close()));
    expectAllThere(store, 2);
  });

  it("has an id of its own through OpenTelemetry's own readers, flushed in a loop", async () => {
    const store = new OverwritingStore();
    const readers = [1, 2].map(
      () => new PeriodicExportingMetricReader({ exporter: store, exportIntervalMillis: HOUR_MS }),
    );
    const provider = new MeterProvider({ readers });
    const counter = provider.getMeter('m').createCounter('x');
    for (let i = 0; i < 100; i++) {
      counter.add(1);
      await provider.forceFlush();
    }
    expectAllThere(store, 200);
    await provider.shutdown();
  });

  it('has one id in all stores of a Metrics', async () => {
    const stores = [new OverwritingStore(), new OverwritingStore()] as const;
    const metrics = aggregating(...stores);
    for (let i = 0; i < 3; i++) {
      for (let user = 0; user < 500; user++) metrics.increment('x', { user });
      metrics.event('e', 'text');
      await metrics.flush();
    }
    await metrics.close();
    expectAllThere(stores[0], 1_503);
    expect([...stores[1].byId.keys()].sort()).to.deep.equal([...stores[0].byId.keys()].sort());
    expect([...stores[1].byNanosecond.keys()].sort()).to.deep.equal(
      [...stores[0].byNanosecond.keys()].sort(),
    );
  });

  /** One step of a program: somebody records or flushes, or the clock is set. */
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant('record'), who: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ does: fc.constant('flush'), who: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant('flush all'), who: fc.constant(0) }) },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant('step'), who: fc.integer({ min: -3, max: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constantFrom('freeze', 'go on'), who: fc.nat(2) }),
    },
  );

  it('has an id of its own, whoever makes it, flushes it or sets the clock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const stores = [new OverwritingStore(), new OverwritingStore()] as const;
        const metrics = [
          aggregating(stores[0]),
          aggregating(stores[0]),
          aggregating(stores[1], stores[0]),
          new Metrics({ backend: stores[1] }),
        ];
        const providers = stores.map(
          (exporter) =>
            new MeterProvider({
              readers: [
                new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: HOUR_MS }),
              ],
            }),
        );
        const counters = providers.map((provider) => provider.getMeter('m').createCounter('x'));
        const all = [
          ...metrics.map((one) => ({
            record: () => {
              one.increment('x');
              one.event('x', 'text');
            },
            flush: () => one.flush(),
          })),
          ...providers.map((provider, i) => ({
            record: () => counters[i]!.add(1),
            flush: () => provider.forceFlush(),
          })),
        ];
        for (const { does, who } of steps) {
          if (does === 'record') all[who]!.record();
          else if (does === 'flush') await all[who]!.flush();
          else if (does === 'flush all') await Promise.all(all.map(({ flush }) => flush()));
          else if (does === 'step') date.step(who);
          else date.freeze(does === 'freeze' ? START + who : undefined);
        }
        await Promise.all(all.map(({ flush }) => flush()));
        for (const store of stores) expectAllThere(store);
        await Promise.all([
          ...metrics.map((one) => one.close()),
          ...providers.map((one) => one.shutdown()),
        ]);
      }),
      { numRuns: 30 },
    );
  }).timeout(120_000);
});
