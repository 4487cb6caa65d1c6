import type {
  FamilyOptions,
  HistogramFamily,
  HistogramReader,
  SeriesAttributes,
  Tags,
  ValueSink,
} from '../store.js';
import { HistogramCell } from './exponential-histogram.js';
import { type FamilyHost, SeriesFamily, TOUCHED } from './family.js';
import { type Backlog, RecordedValues, replay } from './histogram-backlog.js';
import { Histograms } from './histograms.js';

/** See `HistogramFamily` in the contract. Slots are the family's own, counted from 0. */
export class HistogramSeries extends SeriesFamily implements HistogramFamily {
  readonly kind = 'histogram';
  /** The values that no reader has taken yet. */
  readonly #live = new Histograms();
  #slots = 0;
  readonly #attributes: SeriesAttributes[] = [];
  readonly #free: number[] = [];
  readonly #readers = new Set<Reader>();
  readonly #sinks = new Set<ValueSink>();
  /** The values themselves, while nobody listens and they are few. */
  #values: RecordedValues | undefined = new RecordedValues();

  constructor(name: string, options: FamilyOptions, host: FamilyHost) {
    super(name, options, host);
  }

  get buckets(): readonly number[] | undefined {
    return this.details.buckets;
  }

  record(tags: Tags | undefined, value: number): boolean {
    if (!Number.isFinite(value) || value < 0) return false;
    const slot = this.find(tags);
    if (slot < 0) return false;
    this.recordAt(slot, value);
    return true;
  }

  recordAt(slot: number, value: number): void {
    this.#live.record(slot, value);
    this.marks[slot] = TOUCHED;
    if (this.#values !== undefined && !this.#values.push(slot, value)) this.#values = undefined;
    if (this.#sinks.size > 0) this.#hand(slot, value);
  }

  open({ cumulative }: { cumulative: boolean }): HistogramReader {
    this.#values = undefined;
    const reader = new Reader(cumulative, this.#live, this.#readers);
    this.#readers.add(reader);
    return reader;
  }

  forward(sink: ValueSink): {
    backlog: Iterable<readonly [number, SeriesAttributes]>;
    stop(): void;
  } {
    this.#sinks.add(sink);
    const backlog = this.#readers.size > 0 ? [] : replay(this.#backlog());
    this.#values = undefined;
    return { backlog, stop: () => this.#sinks.delete(sink) };
  }

  protected take(attributes: () => SeriesAttributes): { slot: number; reused: boolean } {
    const reused = this.#free.length > 0;
    const slot = reused ? this.#free.pop()! : this.#slots++;
    this.#live.reserve(slot);
    this.#attributes[slot] = attributes();
    if (slot >= this.marks.length) {
      const marks = new Uint8Array(Math.max(16, slot * 2));
      marks.set(this.marks);
      this.marks = marks;
    }
    return { slot, reused };
  }

  protected give(slot: number): void {
    this.#live.release(slot);
    for (const reader of this.#readers) reader.forget(slot);
    this.#free.push(slot);
  }

  /** Returns a copy of what there is to replay: calls go on while it is handed out. */
  #backlog(): Backlog {
    const attributes = [...this.#attributes];
    if (this.#values !== undefined) return { attributes, values: this.#values };
    const copy = new Histograms();
    const cells = attributes.map((_, slot) => {
      const cell = new HistogramCell(copy, slot);
      copy.merge(slot, this.#live, slot);
      return cell;
    });
    return { attributes, cells };
  }

  #hand(slot: number, value: number): void {
    for (const sink of this.#sinks) {
      try {
        sink(value, this.#attributes[slot]!);
      } catch {
        // A foreign instrument that throws must not reach the code that records; its provider has
        // its own way to say so.
      }
    }
  }
}

/** One reader's place. What others take before it does is kept here. */
class Reader implements HistogramReader {
  readonly #cumulative: boolean;
  readonly #live: Histograms;
  readonly #readers: Set<Reader>;
  readonly #kept = new Histograms();

  constructor(cumulative: boolean, live: Histograms, readers: Set<Reader>) {
    this.#cumulative = cumulative;
    this.#live = live;
    this.#readers = readers;
  }

  take(slot: number, read: (cell: HistogramCell) => void): void {
    const [live, kept] = [this.#live, this.#kept];
    if (live.count(slot) > 0)
      for (const other of this.#readers) if (other !== this) other.keep(slot);
    let from = live;
    if (this.#cumulative || kept.count(slot) > 0) {
      this.keep(slot);
      live.reset(slot);
      from = kept;
    }
    if (from.count(slot) > 0) read(new HistogramCell(from, slot));
    if (!this.#cumulative) from.reset(slot);
  }

  keep(slot: number): void {
    this.#kept.reserve(slot);
    this.#kept.merge(slot, this.#live, slot);
  }

  forget(slot: number): void {
    this.#kept.release(slot);
  }

  close(): void {
    this.#readers.delete(this);
  }
}
