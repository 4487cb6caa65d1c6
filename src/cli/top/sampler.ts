import { readFileSync } from 'node:fs';
import { formatDimensions } from '../../../bridges/cells/meta-format.js';
import { discover } from '../../../bridges/cells/reading/discover.js';
import {
  type CellsReading,
  type ProcessMetric,
  readCells,
} from '../../../bridges/cells/reading/read-cells.js';
import { monotonic } from '../../../exporters/timing/real-timers.js';
import { type ForkShares, Forks } from './forks.js';

/** A metric as it is shown: its value, and for a counter how fast it grows. */
export interface ShownMetric extends ProcessMetric {
  /** Per second, since the last sample; `undefined` in the first one, and for other kinds. */
  readonly rate?: number;
}

/** A process as it is shown. */
export interface ShownProcess {
  readonly path: string;
  readonly pid: number | undefined;
  readonly status: 'running' | 'stopped' | 'dead';
  readonly metrics: readonly ShownMetric[];
  readonly forks: readonly ForkShares[];
  /** Values that cannot be shown. */
  readonly skipped: number;
}

/** All processes at one moment. */
export interface Sample {
  readonly processes: readonly ShownProcess[];
  /** Files that look like a process's but cannot be read. */
  readonly unreadable: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Before {
  readonly at: number;
  readonly counts: Map<string, bigint>;
}

/** Reads all processes again and again, and makes rates of what counters gained in between. */
export class Sampler {
  readonly #directory: string | undefined;
  #before = new Map<string, Before>();

  /** `directory`: only processes that publish there. */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  sample(now = Date.now(), clock = monotonic()): Sample {
    const before = this.#before;
    this.#before = new Map();
    let unreadable = 0;
    const processes = discover(this.#directory).flatMap((path) => {
      try {
        return [this.#show(readCells(path), before, now, clock)];
      } catch {
        unreadable++;
        return [];
      }
    });
    return { processes, unreadable, now };
  }

  #show(reading: CellsReading, all: Map<string, Before>, now: number, clock: number): ShownProcess {
    const file = `${reading.identity} ${reading.path} ${reading.pid}`;
    const before = all.get(file);
    const seconds = before && (clock - before.at) / 1000;
    const counts = new Map<string, bigint>();
    const forks = new Forks(seconds);
    const metrics = reading.metrics.map((metric): ShownMetric => {
      if (metric.kind !== 'counter') return metric;
      const key = formatDimensions(metric.dimensions);
      const value = metric.value as bigint;
      counts.set(key, value);
      const last = before?.counts.get(key) ?? (seconds ? value : 0n);
      // A counter that fell began again.
      const gained = value < last ? value : value - last;
      forks.gained(metric.dimensions, Number(gained));
      return seconds ? { ...metric, rate: Number(gained) / seconds } : metric;
    });
    this.#before.set(file, { at: clock, counts });
    const { path, pid, skipped } = reading;
    return {
      path,
      pid,
      skipped,
      metrics,
      forks: forks.shares(reading.metrics, now),
      status: statusOf(reading),
    };
  }
}

function statusOf({ alive, pid }: CellsReading): ShownProcess['status'] {
  if (!alive) return 'dead';
  return pid !== undefined && isStopped(pid) ? 'stopped' : 'running';
}

function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^ [Tt] /.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}
