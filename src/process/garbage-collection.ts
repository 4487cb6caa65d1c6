import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import type { Source, Target } from './source.js';

const TYPES: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};
const MS_PER_S = 1e3;
/** Collections that wait for a sample; more of them are recorded at once. */
const MAX_WAITING = 1_000;

/**
 * The durations of garbage collections.
 * Source: https://opentelemetry.io/docs/specs/semconv/runtime/v8js-metrics/
 */
export class GarbageCollection implements Source {
  readonly descriptions = {
    'v8js.gc.duration': {
      unit: 's',
      description: 'Garbage collection duration.',
      buckets: [0.01, 0.1, 1, 10],
    },
  };
  readonly #metrics: Target;
  #observer: PerformanceObserver | undefined;
  #waiting: PerformanceEntry[] = [];

  constructor(metrics: Target) {
    this.#metrics = metrics;
  }

  start(): void {
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  sample(metrics: Target): void {
    this.#waiting.push(...(this.#observer?.takeRecords() ?? []));
    for (const entry of this.#waiting.splice(0)) {
      const { duration, detail } = entry as PerformanceEntry & { detail?: { kind?: number } };
      const kind = detail?.kind ?? 0;
      const tags = { 'v8js.gc.type': TYPES[kind] ?? 'other' };
      metrics.timing('v8js.gc.duration', duration / MS_PER_S, tags);
    }
  }

  stop(): void {
    this.#observer?.disconnect();
    this.#observer = undefined;
  }

  #take(entries: readonly PerformanceEntry[]): void {
    this.#waiting.push(...entries);
    if (this.#waiting.length > MAX_WAITING) this.sample(this.#metrics);
  }
}
