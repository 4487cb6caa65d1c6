import {
  type MeterProvider as AnyMeterProvider,
  metrics as globalMetrics,
} from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { toReports } from '../../../../exporters/reports/to-reports.js';
import { Metrics } from '../../../../src/index.js';
import { MAX_WAITING_EVENTS } from '../../../../src/pipeline/provider-events.js';
import { globalLogs, MemoryStore } from './support.js';

type Value = number | { count: number; sum: number; min: number; max: number };

/** An application's own OpenTelemetry set-up, kept in memory. */
class SetUp {
  readonly exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly reader = new PeriodicExportingMetricReader({
    exporter: this.exporter,
    exportIntervalMillis: 3_600_000,
    exportTimeoutMillis: 60_000,
  });
  readonly meterProvider = new MeterProvider({ readers: [this.reader] });
  readonly events = new InMemoryLogRecordExporter();
  readonly loggerProvider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: this.events })],
  });

  register(): void {
    globalMetrics.setGlobalMeterProvider(this.meterProvider);
    globalLogs.setGlobalLoggerProvider(this.loggerProvider);
  }

  /** What was exported last: by instrument and attributes. */
  seen(): Record<string, Value> {
    const seen: Record<string, Value> = {};
    for (const { scope, metrics } of this.exporter.getMetrics().at(-1)?.scopeMetrics ?? []) {
      // Others in this process, cells say, may have found the global provider too.
      if (scope.name !== 'kaneda-otel') continue;
      for (const { descriptor, dataPoints } of metrics) {
        for (const { attributes, value } of dataPoints) {
          const key =
            Object.keys(attributes).length > 0
              ? `${descriptor.name} ${JSON.stringify(attributes)}`
              : descriptor.name;
          const { count, sum, min, max } = value as Exclude<Value, number>;
          seen[key] = typeof value === 'number' ? value : { count, sum, min, max };
        }
      }
    }
    return seen;
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.meterProvider.shutdown(), this.loggerProvider.shutdown()]);
  }
}

function recordSome(metrics: Metrics): void {
  metrics.increment('views', { page: '/' }, 2);
  metrics.decrement('views', { page: '/' });
  metrics.gauge('size', 7);
  metrics.timing('load', 0.25, ['b', 'a']);
  metrics.timing('load', 0.5, ['a', 'b']);
  metrics.event('deploy', 'version 3', { host: 'a' });
  metrics.custom('sale', { metric: 'order', value: { price: 5 }, id: 'one' });
}

const LOAD = { count: 2, sum: 0.75, min: 0.25, max: 0.5 };
const SEEN = { 'views {"page":"/"}': 1, size: 7, 'load {"tags":["a","b"]}': LOAD };

describe("Metrics: on an application's own providers", () => {
  let setUp: SetUp;
  let metrics: Metrics | undefined;
  beforeEach(() => {
    globalMetrics.disable();
    globalLogs.disable();
    setUp = new SetUp();
  });
  afterEach(async () => {
    await metrics?.close();
    await setUp.shutdown();
    globalMetrics.disable();
    globalLogs.disable();
  });

  const expectEvents = (): void => {
    const reports = toReports(setUp.events.getFinishedLogRecords());
    expect(
      reports.map(({ name, metric, value, fields, tags }) => [name, metric, value ?? fields, tags]),
    ).to.deep.equal([
      ['deploy', 'event', 'version 3', { host: 'a' }],
      ['sale', 'order', { price: 5 }, undefined],
    ]);
    expect(reports[1]!.id).to.equal('one');
  };

  it('records into providers that it is given', async () => {
    const { meterProvider, loggerProvider } = setUp;
    metrics = new Metrics({ meterProvider, loggerProvider });
    recordSome(metrics);
    await metrics.flush();
    expect(setUp.seen()).to.deep.equal(SEEN);
    expectEvents();
  });

  it('records into global providers registered before the first call', async () => {
    setUp.register();
    metrics = new Metrics();
    recordSome(metrics);
    await metrics.flush();
    expect(setUp.seen()).to.deep.equal(SEEN);
    expectEvents();
  });

  it('loses nothing when they are registered after it', async () => {
    metrics = new Metrics();
    recordSome(metrics);
    await metrics.flush();
    setUp.register();
    metrics.increment('views', { page: '/' }, 10);
    await metrics.flush();
    expect(setUp.seen()).to.deep.equal({ ...SEEN, 'views {"page":"/"}': 11 });
    expectEvents();
  });

  it('notices them without a flush: by a few calls, or after a while', async () => {
    metrics = new Metrics();
    recordSome(metrics);
    setUp.register();
    for (let i = 0; i < 16; i++) metrics.increment('views', { page: '/' });
    await setUp.meterProvider.forceFlush();
    expect(setUp.seen()).to.deep.equal({ ...SEEN, 'views {"page":"/"}': 17 });
  });

  it('waits when it is given a provider that is none yet', async () => {
    metrics = new Metrics({
      meterProvider: globalMetrics.getMeterProvider(),
      loggerProvider: globalLogs.getLoggerProvider(),
    });
    recordSome(metrics);
    setUp.register();
    await metrics.flush();
    expectEvents();
  });

  it('takes the global LoggerProvider when it is given a MeterProvider alone', async () => {
    globalLogs.setGlobalLoggerProvider(setUp.loggerProvider);
    metrics = new Metrics({ meterProvider: setUp.meterProvider });
    recordSome(metrics);
    expectEvents();
  });

  it('replays timings exactly while they are few, and all of them when they are many', async () => {
    metrics = new Metrics();
    for (let i = 1; i <= 50_000; i++) metrics.timing('load', i);
    setUp.register();
    await metrics.flush();
    const load = setUp.seen().load as typeof LOAD;
    expect([load.count, load.min, load.max]).to.deep.equal([50_000, 1, 50_000]);
    expect(load.sum).to.be.closeTo(1_250_025_000, 1);
  });

  it('gives the second kind of one name a suffix, and corrects names', async () => {
    metrics = new Metrics({ meterProvider: setUp.meterProvider });
    metrics.increment('größe');
    metrics.gauge('größe', 2);
    metrics.timing('größe', 3);
    await metrics.flush();
    expect(Object.keys(setUp.seen()).sort()).to.deep.equal([
      'gr__e',
      'gr__e.gauge',
      'gr__e.timing',
    ]);
  });

  it('keeps events up to its bound while there is no LoggerProvider, and counts those past it', async () => {
    metrics = new Metrics({ meterProvider: setUp.meterProvider });
    for (let i = 0; i < MAX_WAITING_EVENTS + 5; i++) metrics.event('deploy', String(i));
    expect(metrics.ledger()).to.deep.include({ accepted: 0, refused: { waiting: 5 } });
    globalLogs.setGlobalLoggerProvider(setUp.loggerProvider);
    metrics.event('deploy', 'last');
    const bodies = setUp.events.getFinishedLogRecords().map(({ body }) => body);
    expect([bodies.length, bodies[0], bodies.at(-1)]).to.deep.equal([
      MAX_WAITING_EVENTS + 1,
      '0',
      'last',
    ]);
  });

  it('keeps no more events than fit into its bytes, and counts those that no provider took', async () => {
    metrics = new Metrics({ meterProvider: setUp.meterProvider });
    const value = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`k${i}`, 'x'.repeat(60_000)]),
    );
    for (let i = 0; i < 10; i++) metrics.custom('dump', { metric: 'json', value });
    expect(metrics.ledger().refused).to.deep.equal({ waiting: 6 });
    await metrics.close();
    expect(metrics.ledger().refused).to.deep.equal({ waiting: 10 });
  });

  it('flushes providers at close, and never shuts them down', async () => {
    const { meterProvider, loggerProvider } = setUp;
    metrics = new Metrics({ meterProvider, loggerProvider });
    recordSome(metrics);
    await metrics.close();
    expect(setUp.seen()).to.deep.equal(SEEN);
    const counter = meterProvider.getMeter('other').createCounter('still.there');
    counter.add(1);
    await meterProvider.forceFlush();
    const names = setUp.exporter
      .getMetrics()
      .at(-1)!
      .scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor }) => descriptor.name));
    expect(names).to.include('still.there');
  });

  it('folds past tagLimit', async () => {
    metrics = new Metrics({ meterProvider: setUp.meterProvider, tagLimit: 1 });
    for (const user of ['a', 'b', 'c']) metrics.timing('load', 1, { user });
    await metrics.flush();
    expect(Object.keys(setUp.seen())).to.deep.equal([
      'load {"user":"a"}',
      'load {"user":"__other__"}',
    ]);
  });

  it('lets no call feel that a provider throws', async () => {
    const fail = (): never => {
      throw new Error('provider');
    };
    const broken = { getMeter: fail, getLogger: fail, forceFlush: async () => fail() };
    metrics = new Metrics({ meterProvider: broken as AnyMeterProvider, loggerProvider: broken });
    recordSome(metrics);
    await metrics.close();
  });

  it('uses neither global provider when it has a store', async () => {
    setUp.register();
    const store = new MemoryStore();
    metrics = new Metrics({ backend: store });
    recordSome(metrics);
    await metrics.flush();
    expect(store.reports).to.have.length(5);
    expect(setUp.events.getFinishedLogRecords()).to.have.length(0);
  });
});
