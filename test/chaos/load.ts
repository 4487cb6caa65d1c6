import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { newId } from '../../exporters/reports/ids.js';
import { Metrics } from '../../src/index.js';

const HOUR_MS = 3_600_000;
/** The counter that all count in, each in a series of its own. */
export const COUNTER = 'chaos.count';

/** How far the counters of one process are: each of them was incremented so many times. */
export interface Counted {
  readonly run: string;
  readonly attempted?: number;
  readonly acknowledged?: number;
}

/** Who counts, in tags. */
export const WHO = ['metrics a', 'metrics b', 'reader'] as const;

/** Two `Metrics`, a reader and a log processor on one exporter: they count, flush in a loop, and shut down at once. */
export class SharedLoad {
  readonly #run = newId();
  readonly #metrics: readonly Metrics[];
  readonly #meters: MeterProvider;
  readonly #logs: LoggerProvider;
  readonly #add: () => void;
  readonly #say: (counted: Counted) => void;
  #count = 0;

  constructor(exporter: ReportExporter, say: (counted: Counted) => void) {
    this.#say = say;
    this.#metrics = [0, 1].map(() => new Metrics({ backend: exporter, exportInterval: HOUR_MS }));
    this.#meters = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: HOUR_MS })],
    });
    this.#logs = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
    const counter = this.#meters.getMeter('chaos').createCounter(COUNTER);
    this.#add = () => {
      this.#metrics.forEach((one, i) => {
        one.increment(COUNTER, { run: this.#run, who: WHO[i]! });
      });
      counter.add(1, { run: this.#run, who: WHO[2] });
    };
  }

  /** Counts once and flushes, several times within a few milliseconds. */
  async countAndFlush(times: number): Promise<void> {
    for (let i = 0; i < times; i++)
      await this.#counted(() => [
        ...this.#metrics.map((one) => one.flush({ timeout: 60_000 })),
        this.#meters.forceFlush(),
      ]);
  }

  /** Counts once more, and ends everything at the same moment. */
  end(): Promise<void> {
    return this.#counted(() => [
      this.#meters.shutdown(),
      this.#logs.shutdown(),
      ...this.#metrics.map((one) => one.close()),
    ]);
  }

  async #counted(handOver: () => Promise<void>[]): Promise<void> {
    this.#count += 1;
    this.#say({ run: this.#run, attempted: this.#count });
    this.#add();
    await Promise.all(handOver());
    this.#say({ run: this.#run, acknowledged: this.#count });
  }
}

/** What a store has of a counter. */
export interface StoredCount {
  readonly run: string;
  readonly who: string;
  readonly value: number;
}

/** What all processes have said of their counters. */
export class Counters {
  readonly #runs = new Map<string, { attempted: number; acknowledged: number }>();

  /** Takes what a process said. */
  take({ run, attempted, acknowledged }: Counted): void {
    const known = this.#runs.get(run) ?? { attempted: 0, acknowledged: 0 };
    this.#runs.set(run, {
      attempted: attempted ?? known.attempted,
      acknowledged: acknowledged ?? known.acknowledged,
    });
  }

  /** Compares it with the store: how much of what was acknowledged is missing, and how much is there that nobody counted. */
  compare(
    stored: readonly StoredCount[],
    who: readonly string[] = WHO,
  ): { counted: number; lost: number; twice: number } {
    const sums = new Map<string, number>();
    for (const { run, who: one, value } of stored)
      sums.set(`${run} ${one}`, (sums.get(`${run} ${one}`) ?? 0) + value);
    const result = { counted: 0, lost: 0, twice: 0 };
    for (const [run, { attempted, acknowledged }] of this.#runs) {
      for (const one of who) {
        const sum = sums.get(`${run} ${one}`) ?? 0;
        result.counted += acknowledged;
        result.lost += Math.max(0, acknowledged - sum);
        result.twice += Math.max(0, sum - attempted);
      }
    }
    return result;
  }
}
