import { resolve } from 'node:path';
import type {
  Attributes,
  Meter,
  MeterProvider,
  ObservableGauge,
  ObservableResult,
} from '@opentelemetry/api';
import { assertProcessesOptions } from './assert-arguments.js';
import { instrumentOf, unitOf } from './cell-instruments.js';
import { discover } from './cells/reading/discover.js';
import { type CellsReading, type ProcessMetric, readCells } from './cells/reading/read-cells.js';
import { monotonic } from './cells/system/real-timers.js';
import { tellProblem } from './cells/tell-problem.js';
import { InstrumentNames } from './instrument-names.js';
import { TotalsOnMeter } from './totals-on-meter.js';

export type { ProcessCells, ProcessMetric, ProcessValue } from './cells/reading/read-cells.js';
export { readProcess } from './cells/reading/read-cells.js';

/** Options of `observeProcesses`. */
export interface ObserveProcessesOptions {
  /** The MeterProvider that shows the cells. */
  meterProvider: MeterProvider;
  /** Only processes that publish in this directory. */
  directory?: string;
  /** Only these paths, without suffix. With neither: as `kaneda top` looks for them. */
  paths?: string[];
}

const SCOPE = 'kaneda-otel/processes';

/**
 * Files are read again for a collection when the last reading is older: all instruments of one
 * collection share one.
 */
const FRESH_MS = 50;

/**
 * Shows the cells of other processes on a meter: counters and integers as sums over all processes,
 * floats and states with an attribute `process.pid`. Counts of processes that died stay in the
 * sums; their integers, floats and states go. Values that cannot be shown are left out, with a
 * warning.
 * @throws TypeError for faulty options.
 */
export function observeProcesses(options: ObserveProcessesOptions): { stop(): void } {
  assertProcessesOptions(options);
  return new ProcessesOnMeter(options);
}

interface Point {
  readonly value: number;
  readonly attributes: Attributes;
}

class ProcessesOnMeter {
  readonly #places: { directory: string | undefined; paths: string[] | undefined };
  readonly #meter: Meter;
  readonly #names = new InstrumentNames();
  readonly #totals: TotalsOnMeter;
  readonly #stops = new Map<string, () => void>();
  #points = new Map<string, Point[]>();
  #readAt = Number.NEGATIVE_INFINITY;
  #warned = false;

  constructor(options: ObserveProcessesOptions) {
    const { meterProvider } = options;
    // As they are now: a later `process.chdir` does not lead elsewhere.
    const directory = options.directory === undefined ? undefined : resolve(options.directory);
    const paths = options.paths?.map((path) => resolve(path));
    this.#places = { directory, paths };
    this.#meter = meterProvider.getMeter(SCOPE);
    this.#totals = new TotalsOnMeter(
      this.#meter,
      this.#names,
      JSON.stringify([directory ?? null, paths ?? null]),
    );
    this.#refresh();
    // Metrics that appear later need an instrument of which collections ask: this one's only value
    // is how many processes live.
    const alive = this.#meter.createObservableGauge('cantal.processes', {
      description: 'Processes that publish cells',
    });
    this.#answer('cantal.processes', alive, (result) => result.observe(this.#totals.alive));
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  #refresh(): void {
    if (monotonic() - this.#readAt < FRESH_MS) return;
    const readings = this.#read();
    this.#warnOfSkipped(readings);
    this.#totals.update(readings);
    this.#points = levelsOf(readings);
    this.#readAt = monotonic();
    for (const key of this.#points.keys()) this.#show(key);
  }

  #read(): CellsReading[] {
    const paths = this.#places.paths ?? discover(this.#places.directory);
    return paths.flatMap((path) => {
      try {
        return [readCells(path)];
      } catch {
        return []; // going, coming, or not cells
      }
    });
  }

  #warnOfSkipped(readings: readonly CellsReading[]): void {
    const some = readings.find(({ skipped }) => skipped > 0);
    if (some === undefined || this.#warned) return;
    this.#warned = true;
    tellProblem(
      'KANEDA_CELLS',
      `${some.skipped} values of ${some.path} cannot be shown: \`kaneda read ${some.path}\` shows the others. Shown once`,
    );
  }

  #show(key: string): void {
    if (this.#stops.has(key)) return;
    const space = key.indexOf(' ');
    const kind = key.slice(0, space) as 'float' | 'state';
    const name = this.#names.take(key.slice(space + 1), kind === 'float' ? 'gauge' : kind);
    const gauge = this.#meter.createObservableGauge(name, { unit: unitOf(kind) });
    this.#answer(key, gauge, (result) => {
      for (const { value, attributes } of this.#points.get(key) ?? [])
        result.observe(value, attributes);
    });
  }

  #answer(
    key: string,
    instrument: ObservableGauge,
    observe: (result: ObservableResult) => void,
  ): void {
    const callback = (result: ObservableResult): void => {
      this.#refresh();
      observe(result);
    };
    instrument.addCallback(callback);
    this.#stops.set(key, () => instrument.removeCallback(callback));
  }
}

/** The floats and states of living processes, by kind and instrument name. */
function levelsOf(readings: readonly CellsReading[]): Map<string, Point[]> {
  const points = new Map<string, Point[]>();
  for (const { alive, pid, metrics } of readings) {
    if (!alive) continue;
    const whose = pid === undefined ? {} : { 'process.pid': pid };
    for (const metric of metrics) {
      const level = levelOf(metric);
      if (level === undefined) continue;
      const { name, attributes } = instrumentOf(metric.dimensions);
      const key = `${metric.kind} ${name}`;
      const known = points.get(key) ?? [];
      known.push({
        value: level.value,
        attributes: { ...attributes, ...whose, ...level.attributes },
      });
      points.set(key, known);
    }
  }
  return points;
}

/** The value that a float or a state shows as a gauge; nothing for a state in no state. */
function levelOf({ kind, value }: ProcessMetric): Point | undefined {
  if (kind === 'float') return { value: value as number, attributes: {} };
  if (kind !== 'state') return undefined;
  const { text, since } = value as { text: string; since: Date | null };
  return since === null
    ? undefined
    : { value: Math.max(0, Date.now() - since.getTime()), attributes: { text } };
}
