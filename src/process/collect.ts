import { assertHas } from '../../bridges/assert-arguments.js';
import { assertOptions, rules } from '../../exporters/setup/option-rules.js';
import { clearInterval, setInterval } from '../../exporters/timing/real-timers.js';
import type { Metrics } from '../metrics/metrics.js';
import { SAMPLED } from '../metrics/sampled.js';
import { EventLoop } from './event-loop.js';
import { GarbageCollection } from './garbage-collection.js';
import { Memory } from './memory.js';
import { Processor } from './processor.js';
import { Resources } from './resources.js';
import { Remembering, type Source } from './source.js';

/** Options of the measurement. */
export interface ProcessMetricsOptions {
  /**
   * Milliseconds from one sample to the next; default 10,000, as long as the default interval of
   * reports.
   */
  interval?: number;
}

const INTERVAL_MS = 10_000;

/**
 * Records how the process is doing: delay and utilization of the event loop, processor time,
 * memory, V8's heap and garbage collections, active resources. Names, units and tags are
 * OpenTelemetry's where it has them. A sample is taken at once, each `interval`, and before each
 * flush. It ends with `stop()` and with the `Metrics`, and keeps no program alive. Once for each
 * process: two of them would count twice.
 * @param metrics a `Metrics` or a child of one, whose prefix and tags it then has. One that is not
 * enabled starts nothing.
 * @throws SettingsError for faulty options, TypeError for something other than a `Metrics`.
 */
export function collectProcessMetrics(
  metrics: Metrics,
  options: ProcessMetricsOptions = {},
): { stop(): void } {
  assertOptions('collectProcessMetrics', options, { interval: rules.milliseconds });
  assertHas(
    metrics,
    SAMPLED,
    'collectProcessMetrics() takes a Metrics; pass the one that records.',
  );
  const collection = new Collection(metrics, options.interval ?? INTERVAL_MS);
  collection.start();
  return { stop: () => collection.stop() };
}

class Collection {
  readonly #metrics: Metrics;
  readonly #target: Remembering;
  readonly #intervalMs: number;
  readonly #sources: readonly Source[];
  #forget: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(metrics: Metrics, intervalMs: number) {
    this.#metrics = metrics;
    this.#target = new Remembering(metrics);
    this.#intervalMs = intervalMs;
    this.#sources = [
      new EventLoop(),
      new GarbageCollection(this.#target),
      new Memory(),
      new Processor(),
      new Resources(),
    ];
  }

  start(): void {
    this.#forget = this.#metrics[SAMPLED]({
      sample: () => this.#sample(),
      ended: () => this.#end(),
    });
    if (this.#forget === undefined) return;
    for (const source of this.#sources) {
      for (const [name, description] of Object.entries(source.descriptions))
        this.#metrics.describe(name, description);
      source.start();
    }
    this.#timer = setInterval(() => this.#sample(), this.#intervalMs);
    this.#timer.unref();
    this.#sample();
  }

  /** Records what was since the last sample, and measures no more. */
  stop(): void {
    if (this.#timer === undefined) return;
    this.#sample();
    this.#end();
    this.#target.forget();
  }

  #sample(): void {
    for (const source of this.#sources) source.sample(this.#target);
  }

  #end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#forget?.();
    for (const source of this.#sources) source.stop();
  }
}
