import { availableParallelism } from 'node:os';
import { monotonic } from '../../exporters/timing/real-timers.js';
import type { Source, Target } from './source.js';

const MICROSECONDS_PER_S = 1e6;
const MS_PER_S = 1e3;

/**
 * The processor time that the process used, and how long it has been running.
 * Source: https://opentelemetry.io/docs/specs/semconv/system/process-metrics/
 */
export class Processor implements Source {
  readonly descriptions = {
    'process.cpu.time': { unit: 's', description: 'CPU seconds used, by mode.', monotonic: true },
    'process.cpu.utilization': {
      unit: '1',
      description: 'CPU time used, divided by the elapsed time and the number of CPUs.',
    },
    'process.uptime': { unit: 's', description: 'The time the process has been running.' },
  };
  #usage: NodeJS.CpuUsage = { user: 0, system: 0 };
  #at = 0;

  start(): void {
    this.#usage = process.cpuUsage();
    this.#at = monotonic();
  }

  sample(metrics: Target): void {
    const usage = process.cpuUsage();
    const now = monotonic();
    const available = ((now - this.#at) / MS_PER_S) * availableParallelism();
    for (const mode of ['user', 'system'] as const) {
      const seconds = Math.max(0, usage[mode] - this.#usage[mode]) / MICROSECONDS_PER_S;
      const tags = { 'cpu.mode': mode };
      metrics.increment('process.cpu.time', tags, seconds);
      if (available > 0) metrics.gauge('process.cpu.utilization', seconds / available, tags);
    }
    metrics.gauge('process.uptime', process.uptime());
    this.#usage = usage;
    this.#at = now;
  }

  stop(): void {}
}
