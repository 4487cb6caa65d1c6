import type { Attributes } from '@opentelemetry/api';
import { type AnyCell, INSTRUMENT_OF, instrumentOf, reading, unitOf } from './cell-instruments.js';
import type { CollectedPoints } from './collected-points.js';
import { YIELD_EVERY } from './in-slices.js';
import type { Interval, Temporality } from './metric-data.js';

interface ShownCell {
  readonly cell: AnyCell;
  readonly attributes: Attributes;
  /** The value of a counter or an integer when it was last handed out as a delta. */
  baseline: bigint;
}

/** The single cells of a store, those of one name and kind together, and their data points. */
export class CellPoints {
  readonly #metrics = new Map<
    string,
    { name: string; kind: AnyCell['kind']; entries: ShownCell[] }
  >();
  readonly #temporality: Temporality;

  constructor(temporality: Temporality) {
    this.#temporality = temporality;
  }

  add(cell: AnyCell): void {
    const { name, attributes } = instrumentOf(cell.dimensions);
    const key = `${cell.kind} ${name}`;
    let metric = this.#metrics.get(key);
    if (metric === undefined) {
      metric = { name, kind: cell.kind, entries: [] };
      this.#metrics.set(key, metric);
    }
    metric.entries.push({ cell, attributes, baseline: 0n });
  }

  clear(): void {
    this.#metrics.clear();
  }

  /** Adds the points of each name; gives control back after every few. */
  *walk(points: CollectedPoints): Generator<void, void, void> {
    for (const { name, kind, entries } of this.#metrics.values()) {
      const instrument = INSTRUMENT_OF[kind];
      const dataKind = instrument === 'upDownCounter' ? 'sum' : instrument;
      points.begin(dataKind, name, { unit: unitOf(kind) });
      for (const [at, entry] of entries.entries()) {
        const point = this.#read(entry, points.interval);
        if (point !== undefined) points.add(entry.cell.since, point.attributes, point.value);
        if ((at + 1) % YIELD_EVERY === 0) yield;
      }
      yield;
    }
  }

  #read(
    entry: ShownCell,
    interval: Interval,
  ): { attributes: Attributes; value: number } | undefined {
    const { cell, attributes } = entry;
    if (this.#temporality === 'delta' && (cell.kind === 'counter' || cell.kind === 'integer')) {
      const whole = cell.kind === 'counter' ? cell.get() : cell.exact();
      const difference = whole - entry.baseline;
      entry.baseline = whole;
      // What grew past 2^64 began again at 0.
      const value = Number(cell.kind === 'counter' ? BigInt.asUintN(64, difference) : difference);
      return value === 0 ? undefined : { attributes, value };
    }
    const now = reading(cell, interval.now);
    if (now === undefined) return undefined;
    return {
      attributes: now.text === undefined ? attributes : { ...attributes, text: now.text },
      value: now.value,
    };
  }
}
