import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { ReportExporter } from '../../../exporters/index.js';
import { LoggerExporter } from '../../../exporters/stores/logger/index.js';
import { Collection, Counter } from '../../../src/cantal/index.js';
import { Metrics, type MetricsOptions, metrics as singleton } from '../../../src/index.js';

/*
 * Programs that find something to record whenever they end. Prints, at its exit, how long the end took from the first
 * `beforeExit` on, and the ledgers.
 *
 *     endless.ts <program> <mode> [outbox directory]
 */
class SlowStore extends ReportExporter {
  stored = 0;

  protected async write(reports: readonly unknown[]): Promise<void> {
    await sleep(5);
    this.stored += reports.length;
  }
}

const [program = '', mode = 'aggregate', directory = ''] = process.argv.slice(2);
const outbox = directory === '' ? {} : { outbox: { directory } };
const made: Metrics[] = [];
function make(options: MetricsOptions = { backend: new SlowStore(outbox) }): Metrics {
  const metrics = new Metrics({ ...options, mode: mode as 'aggregate' | 'individual' });
  made.push(metrics);
  return metrics;
}
const atEachEnd = (record: () => unknown): void => {
  process.on('beforeExit', record);
};

const PROGRAMS: Readonly<Record<string, () => void>> = {
  records() {
    const metrics = make();
    metrics.increment('begun');
    atEachEnd(() => {
      metrics.increment('x');
      metrics.event('ended', 'again');
    });
  },
  recordsAndFlushes() {
    const metrics = make();
    atEachEnd(async () => {
      metrics.increment('x');
      await metrics.flush();
    });
  },
  flushes() {
    const metrics = make();
    metrics.increment('begun');
    atEachEnd(() => metrics.flush());
  },
  logsItsLines() {
    const metrics: Metrics = make({
      backend: new LoggerExporter({ logger: { info: () => metrics.increment('lines') } }),
    });
    metrics.increment('begun');
  },
  logsItsLinesLater() {
    const metrics: Metrics = make({
      backend: new LoggerExporter({
        logger: { info: () => void setTimeout(() => metrics.event('line', 'one'), 3) },
      }),
    });
    metrics.increment('begun');
  },
  feedsAnother() {
    const first: Metrics = make({
      backend: new LoggerExporter({ logger: { info: () => second.increment('lines') } }),
    });
    const second: Metrics = make({
      backend: new LoggerExporter({ logger: { info: () => first.increment('lines') } }),
    });
    first.increment('begun');
  },
  recordsIntoSeveral() {
    const all = [make(), make(), make()];
    atEachEnd(() => {
      for (const metrics of all) metrics.increment('x');
    });
  },
  recordsOnAProvider() {
    const exporter = new ConsoleMetricExporter();
    exporter.export = (_, done) => void setTimeout(() => done({ code: 0 }), 3);
    const reader = new PeriodicExportingMetricReader({ exporter });
    const metrics = make({ meterProvider: new MeterProvider({ readers: [reader] }) });
    atEachEnd(() => metrics.increment('x'));
  },
  recordsIntoTheSingleton() {
    made.push(singleton);
    atEachEnd(() => singleton.increment('x'));
  },
  counts() {
    const collection = new Collection();
    const counter = new Counter({ group: 'ends', metric: 'count' }, { collection });
    collection.start(join(tmpdir(), `kaneda-ends-${process.pid}`));
    atEachEnd(() => counter.incr());
  },
  recordsForAStoreThatIsDown() {
    const exporter = new (class extends ReportExporter {
      protected write(): Promise<void> {
        return Promise.reject(new Error('connect ECONNREFUSED'));
      }
    })(outbox);
    const metrics = make({ backend: exporter });
    atEachEnd(() => metrics.increment('x'));
  },
};

let began: number | undefined;
process.on('beforeExit', () => {
  began ??= performance.now();
});
process.on('exit', () => {
  const took = performance.now() - (began ?? 0);
  process.stdout.write(
    `${JSON.stringify({ took, ledgers: made.map((metrics) => metrics.ledger()) })}\n`,
  );
});
PROGRAMS[program]!();
