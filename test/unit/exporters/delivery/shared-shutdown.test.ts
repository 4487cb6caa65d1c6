import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import fc from 'fast-check';
import { Metrics } from '../../../../src/index.js';
import { expectBalanced } from '../../../conformance/suites/exporter.js';
import { ScriptedExporter, ScriptedStore } from '../../../support/scripted-exporter.js';
import { until } from '../../../support/until.js';

const HOUR_MS = 3_600_000;
interface Ending {
  shutdown(): Promise<void>;
}

/** A MeterProvider that counted 1; what it observes takes `ms` to be asked for. */
function reading(exporter: ScriptedExporter, ms = 0): MeterProvider {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: HOUR_MS });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('m');
  meter.createCounter('counted').add(1);
  if (ms > 0)
    meter.createObservableGauge('asked').addCallback(async (result) => {
      await sleep(ms);
      result.observe(1);
    });
  return provider;
}

function logging(processor: LogRecordProcessor, records = 0): LoggerProvider {
  const provider = new LoggerProvider({ processors: [processor] });
  for (let i = 0; i < records; i++) provider.getLogger('l').emit({ body: `record ${i}` });
  return provider;
}

const batching = (exporter: ScriptedExporter, records = 0): LoggerProvider =>
  logging(
    new BatchLogRecordProcessor({
      exporter,
      maxExportBatchSize: 100,
      scheduledDelayMillis: HOUR_MS,
    }),
    records,
  );

const endAll = (endings: readonly Ending[]): Promise<unknown> =>
  Promise.all(endings.map((ending) => ending.shutdown()));

function expectStored(exporter: ScriptedExporter, count: number): void {
  expectBalanced(exporter.ledger());
  expect(exporter.ledger()).to.deep.include({ accepted: count, stored: count, dropped: {} });
  expect(exporter.store.reports.size).to.equal(count);
  expect(exporter.store.disconnects).to.equal(1);
}

describe('an exporter that readers and processors share', function () {
  this.timeout(120_000);

  for (const order of ['reader first', 'processor first'] as const) {
    const ordered = (reader: Ending, processor: Ending): Ending[] =>
      order === 'reader first' ? [reader, processor] : [processor, reader];

    it(`stores the last interval when all shut down at once, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      await endAll(ordered(reading(exporter), batching(exporter)));
      expectStored(exporter, 1);
    });

    it(`stores it beside a processor that keeps nothing, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      const processor = new SimpleLogRecordProcessor({ exporter });
      await endAll(ordered(reading(exporter), logging(processor, 2)));
      expectStored(exporter, 3);
    });

    it(`stores it beside a Metrics, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      const metrics = new Metrics({ backend: exporter, exportInterval: HOUR_MS });
      metrics.increment('x');
      const ending = { shutdown: () => metrics.close() };
      await endAll(ordered(ending, batching(exporter)));
      expectStored(exporter, 1);
    });

    it(`stores it beside a Metrics and a reader, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      const metrics = new Metrics({ backend: exporter, exportInterval: HOUR_MS });
      metrics.increment('x');
      await endAll(ordered(reading(exporter, 30), { shutdown: () => metrics.close() }));
      expectStored(exporter, 3);
    });

    it(`stores it when what is observed takes time, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      await endAll(ordered(reading(exporter, 400), batching(exporter)));
      expectStored(exporter, 2);
    });

    it(`stores it, and all batches of logs, when the store is slow, ${order}`, async () => {
      const store = new ScriptedStore();
      store.answer = async (reports) => {
        await sleep(150);
        return store.keep(reports);
      };
      const exporter = new ScriptedExporter(store);
      await endAll(ordered(reading(exporter, 30), batching(exporter, 450)));
      expectStored(exporter, 452);
    });

    it(`stores it when one shuts down after the other, ${order}`, async () => {
      const exporter = new ScriptedExporter();
      const processor = batching(exporter, 1);
      await processor.forceFlush();
      processor.getLogger('l').emit({ body: 'last' });
      for (const ending of ordered(reading(exporter, 200), processor)) await ending.shutdown();
      expectStored(exporter, 4);
    });
  }

  it('stores the last interval after a processor has shut down that had nothing', async () => {
    const exporter = new ScriptedExporter();
    const reader = reading(exporter);
    await batching(exporter).shutdown();
    await reader.shutdown();
    expectStored(exporter, 1);
  });

  it('ends although a reader that it knows does not shut down', async () => {
    const exporter = new ScriptedExporter();
    const reader = reading(exporter);
    await exporter.shutdown();
    await until(() => exporter.store.disconnects > 0);
    expect(exporter.store.disconnects).to.equal(1);
    await reader.shutdown();
    expect(exporter.ledger()).to.deep.include({ accepted: 1, stored: 0, dropped: { closed: 1 } });
  });

  it('stores the last intervals of several readers', async () => {
    const exporter = new ScriptedExporter();
    await endAll([reading(exporter, 40), reading(exporter), reading(exporter, 20)]);
    expectStored(exporter, 5);
  });

  it('stores what is flushed while it shuts down', async () => {
    const exporter = new ScriptedExporter();
    const [reader, logs] = [reading(exporter), batching(exporter, 250)];
    await Promise.all([exporter.shutdown(), reader.forceFlush(), logs.forceFlush()]);
    expectStored(exporter, 251);
    await endAll([reader, logs]);
  });

  it('refuses what comes after that, and counts it', async () => {
    const exporter = new ScriptedExporter();
    const [reader, logs] = [reading(exporter), batching(exporter)];
    await reader.shutdown();
    logs.getLogger('l').emit({ body: 'late' });
    await logs.shutdown();
    expect(exporter.ledger()).to.deep.include({ accepted: 2, stored: 1, dropped: { closed: 1 } });
  });

  it('ends at its deadline, also when somebody keeps calling', async () => {
    const exporter = new ScriptedExporter();
    const reader = reading(exporter);
    let over = false;
    const calling = (async () => {
      while (!over) {
        await reader.forceFlush();
        await sleep(5);
      }
    })();
    await exporter.shutdown({ timeout: 600 });
    over = true;
    await calling;
    await reader.shutdown();
    expectBalanced(exporter.ledger());
  });

  it('stores every last interval, whoever shuts down first', async () => {
    const user = fc.record({
      reads: fc.boolean(),
      takes: fc.nat(40),
      records: fc.nat(210),
      after: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(user, { minLength: 1, maxLength: 4 }), async (users) => {
        const exporter = new ScriptedExporter();
        const endings = users.map(({ reads, takes, records, after }) => ({
          provider: reads ? reading(exporter, takes) : batching(exporter, records),
          count: reads ? 1 + Number(takes > 0) : records,
          after,
        }));
        await Promise.all(
          endings.map(async ({ provider, after }, i) => {
            // A later one begins while the first waits for a store or for a reader that it knows of.
            if (i > 0 && users.some(({ reads }) => reads)) await sleep(after);
            await provider.shutdown();
          }),
        );
        expectStored(
          exporter,
          endings.reduce((sum, { count }) => sum + count, 0),
        );
      }),
      { numRuns: 20 },
    );
  }).timeout(120_000);
});
