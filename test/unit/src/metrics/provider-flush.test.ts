import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import type { MetricProducer } from '@opentelemetry/sdk-metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'chai';
import { DeadlineError, Metrics } from '../../../../src/index.js';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An exporter that needs some time, as one over the network does. */
class SlowLogs implements LogRecordExporter {
  readonly exported: unknown[] = [];
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  export(records: ReadableLogRecord[], done: Parameters<LogRecordExporter['export']>[1]): void {
    setTimeout(() => {
      this.exported.push(...records.map(({ body }) => body));
      done({ code: 0 });
    }, this.#ms);
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function setUp(logs: SlowLogs, metricProducers: MetricProducer[] = []) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    metricProducers,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const processor = new BatchLogRecordProcessor({ exporter: logs, scheduledDelayMillis: 60_000 });
  const loggerProvider = new LoggerProvider({ processors: [processor] });
  return { meterProvider, loggerProvider };
}

describe('a flush of an OpenTelemetry provider', () => {
  it('that begins while another is at work resolves when everything recorded before it is exported', async () => {
    const logs = new SlowLogs(300);
    const metrics = new Metrics(setUp(logs));
    metrics.event('deploy', 'one');
    const first = metrics.flush();
    await wait(50);
    metrics.event('deploy', 'two');

    await metrics.flush();

    expect(logs.exported).to.deep.equal(['one', 'two']);
    await first;
    await metrics.close();
  });

  it('is waited for by close, and by another Metrics on the same provider', async () => {
    const logs = new SlowLogs(200);
    const providers = setUp(logs);
    const [one, two] = [new Metrics(providers), new Metrics(providers)];
    one.event('deploy', 'one');
    void one.flush();
    await wait(20);
    two.event('deploy', 'two');
    void two.flush();
    await wait(20);
    one.event('deploy', 'three');

    await one.close();

    expect(logs.exported).to.have.members(['one', 'two', 'three']);
    await two.close();
  });

  it('is shared by those who come meanwhile, however many', async () => {
    const logs = new SlowLogs(50);
    const providers = setUp(logs);
    const metrics = new Metrics(providers);
    for (let i = 0; i < 50; i++) metrics.event('deploy', String(i));
    await Promise.all(Array.from({ length: 50 }, () => metrics.flush()));
    expect(logs.exported).to.have.length(50);
    await metrics.close();
  });

  it('that takes longer than its deadline rejects with KANEDA_DEADLINE and the cause, and a later one waits for it', async () => {
    const logs = new SlowLogs(400);
    const metrics = new Metrics(setUp(logs));
    metrics.event('deploy', 'one');

    const error = await metrics.flush({ timeout: 50 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

    expect(error).to.be.instanceOf(DeadlineError);
    expect((error as DeadlineError).code).to.equal('KANEDA_DEADLINE');
    expect(((error as DeadlineError).cause as Error).message).to.include('LoggerProvider');
    metrics.event('deploy', 'two');
    await metrics.flush();
    expect(logs.exported).to.deep.equal(['one', 'two']);
    await metrics.close();
  });

  it('beside a slow metric producer rejects with KANEDA_DEADLINE and the cause', async () => {
    const slow: MetricProducer = {
      collect: async () => {
        await wait(600);
        throw new Error('late');
      },
    };
    const metrics = new Metrics(setUp(new SlowLogs(0), [slow]));
    metrics.increment('hits');

    const error = await metrics.flush({ timeout: 200 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

    expect((error as DeadlineError).code).to.equal('KANEDA_DEADLINE');
    expect(((error as DeadlineError).cause as Error).message).to.include('MeterProvider');
    await metrics.close();
  });
});
