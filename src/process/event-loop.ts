import {
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  performance,
} from 'node:perf_hooks';
import type { Source, Target } from './source.js';

const NS_PER_S = 1e9;
const MS_PER_S = 1e3;

const STATISTICS = {
  min: (delay: IntervalHistogram) => delay.min,
  max: (delay: IntervalHistogram) => delay.max,
  mean: (delay: IntervalHistogram) => delay.mean,
  stddev: (delay: IntervalHistogram) => delay.stddev,
  p50: (delay: IntervalHistogram) => delay.percentile(50),
  p90: (delay: IntervalHistogram) => delay.percentile(90),
  p99: (delay: IntervalHistogram) => delay.percentile(99),
} as const;

/**
 * The delay of the event loop since the last sample, how busy it was, and for how long it was
 * active and idle. Source: https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 */
export class EventLoop implements Source {
  readonly descriptions = {
    ...Object.fromEntries(
      Object.keys(STATISTICS).map((name) => [
        `nodejs.eventloop.delay.${name}`,
        { unit: 's', description: `Event loop delay, ${name}.` },
      ]),
    ),
    'nodejs.eventloop.utilization': { unit: '1', description: 'Event loop utilization.' },
    'nodejs.eventloop.time': {
      unit: 's',
      description: 'Time the event loop has been in each state.',
      monotonic: true,
    },
  };
  #delay: IntervalHistogram | undefined;
  #utilization: EventLoopUtilization | undefined;

  start(): void {
    this.#delay = monitorEventLoopDelay();
    this.#delay.enable();
    this.#utilization = performance.eventLoopUtilization();
  }

  sample(metrics: Target): void {
    this.#sampleDelay(metrics);
    const now = performance.eventLoopUtilization();
    const { idle, active, utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    if (!(idle + active > 0)) return;
    metrics.gauge('nodejs.eventloop.utilization', utilization);
    const time = 'nodejs.eventloop.time';
    metrics.increment(time, { 'nodejs.eventloop.state': 'active' }, active / MS_PER_S);
    metrics.increment(time, { 'nodejs.eventloop.state': 'idle' }, idle / MS_PER_S);
  }

  #sampleDelay(metrics: Target): void {
    const delay = this.#delay;
    // Without a measurement yet, Node answers with a minimum of centuries and a mean of NaN.
    if (delay === undefined || !Number.isFinite(delay.mean)) return;
    for (const [name, read] of Object.entries(STATISTICS))
      metrics.gauge(`nodejs.eventloop.delay.${name}`, read(delay) / NS_PER_S);
    delay.reset();
  }

  stop(): void {
    this.#delay?.disable();
    this.#delay = undefined;
  }
}
