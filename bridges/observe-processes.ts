import type { Attributes, MeterProvider, Observable, ObservableResult } from '@opentelemetry/api';
import { INSTRUMENT_OF, type InstrumentKind, instrumentOf, unitOf } from './cell-instruments.js';
import { discover } from './cells/reading/discover.js';
import { type CellsReading, type ProcessMetric, readCells } from './cells/reading/read-cells.js';
import type { CellKind } from './cells/store.js';
import { InstrumentNames } from './instrument-names.js';
import { ProcessSums } from './process-sums.js';

export type { ProcessCells, ProcessMetric, ProcessValue } from './cells/reading/read-cells.js';
export { readProcess } from './cells/reading/read-cells.js';

/** Options of `observeProcesses`. */
export interface ObserveProcessesOptions {
  meterProvider: MeterProvider;
  /** Only processes that publish in this directory. */
  directory?: string;
  /** Only these paths, without suffix. With neither: as `kaneda top` looks for them. */
  paths?: string[];
}

const SCOPE = 'kaneda-otel/processes';

/** Files are read again for a collection when the last reading is older, in milliseconds: all instruments of one collection share one. */
const FRESH = 50;

/**
 * Shows the cells of other processes on a meter: counters and integers as sums over all processes, floats and states with an attribute
 * `process.pid`. Counts of processes that died stay in the sums; their integers, floats and states go. What cannot be read is left out.
 */
export function observeProcesses(options: ObserveProcessesOptions): { stop(): void } {
  return new ProcessesOnMeter(options);
}

interface Point {
  readonly value: number;
  readonly attributes: Attributes;
}

class ProcessesOnMeter {
  readonly #options: ObserveProcessesOptions;
  readonly #names = new InstrumentNames();
  readonly #sums = new ProcessSums();
  readonly #stops = new Map<string, () => void>();
  #points = new Map<string, Point[]>();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: ObserveProcessesOptions) {
    this.#options = options;
    this.#refresh();
    // Metrics that appear later need an instrument of which collections ask: this one's only value is how many processes live.
    const alive = this.#meter().createObservableGauge('cantal.processes', {
      description: 'Processes that publish cells',
    });
    this.#answer('cantal.processes', alive, (result) => result.observe(this.#sums.alive));
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  #meter() {
    return this.#options.meterProvider.getMeter(SCOPE);
  }

  #refresh(): void {
    if (performance.now() - this.#readAt < FRESH) return;
    const points = new Map<string, Point[]>();
    const add = (
      kind: CellKind,
      metric: Pick<ProcessMetric, 'dimensions'>,
      value: number,
      more: Attributes = {},
    ): void => {
      const { name, attributes } = instrumentOf(metric.dimensions);
      const key = `${kind} ${name}`;
      const known = points.get(key) ?? [];
      known.push({ value, attributes: { ...attributes, ...more } });
      points.set(key, known);
    };
    const readings = this.#read();
    this.#sums.update(readings);
    for (const { kind, dimensions, value } of this.#sums.totals())
      add(kind, { dimensions }, Number(value));
    for (const { alive, pid, metrics } of readings) {
      if (!alive) continue;
      for (const metric of metrics) {
        const shown = levelOf(metric);
        if (shown)
          add(metric.kind, metric, shown.value, {
            ...(pid !== undefined && { 'process.pid': pid }),
            ...shown.attributes,
          });
      }
    }
    this.#points = points;
    this.#readAt = performance.now();
    for (const key of points.keys()) this.#show(key);
  }

  #read(): CellsReading[] {
    const paths = this.#options.paths ?? discover(this.#options.directory);
    return paths.flatMap((path) => {
      try {
        return [readCells(path)];
      } catch {
        return []; // going, coming, or not cells
      }
    });
  }

  #show(key: string): void {
    if (this.#stops.has(key)) return;
    const space = key.indexOf(' ');
    const kind = key.slice(0, space) as CellKind;
    const name = this.#names.take(key.slice(space + 1), kind === 'float' ? 'gauge' : kind);
    this.#answer(key, this.#instrument(INSTRUMENT_OF[kind], name, unitOf(kind)), (result) => {
      for (const { value, attributes } of this.#points.get(key) ?? [])
        result.observe(value, attributes);
    });
  }

  #instrument(kind: InstrumentKind, name: string, unit: string): Observable {
    const meter = this.#meter();
    if (kind === 'counter') return meter.createObservableCounter(name, { unit });
    if (kind === 'upDownCounter') return meter.createObservableUpDownCounter(name, { unit });
    return meter.createObservableGauge(name, { unit });
  }

  #answer(key: string, instrument: Observable, observe: (result: ObservableResult) => void): void {
    const callback = (result: ObservableResult): void => {
      this.#refresh();
      observe(result);
    };
    instrument.addCallback(callback);
    this.#stops.set(key, () => instrument.removeCallback(callback));
  }
}

/** What a float or a state shows as a gauge; nothing for a state in no state. */
function levelOf({ kind, value }: ProcessMetric): Point | undefined {
  if (kind === 'float') return { value: value as number, attributes: {} };
  if (kind !== 'state') return undefined;
  const { text, since } = value as { text: string; since: Date | null };
  return since === null
    ? undefined
    : { value: Math.max(0, Date.now() - since.getTime()), attributes: { text } };
}
