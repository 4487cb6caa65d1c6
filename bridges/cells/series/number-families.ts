import type {
  Description,
  FamilyOptions,
  GaugeFamily,
  PendingSum,
  SumFamily,
  Tags,
} from '../store.js';
import type { FamilyHost } from './family.js';
import { SeriesFamily, TOUCHED } from './family.js';
import type { Gains } from './gains.js';

/** The part of a store that a family of doubles needs: words. */
export interface WordHost extends FamilyHost {
  /**
   * A word, zeroed; `reused` is true if a series had it before. May exchange the memory, and then
   * `pointAt`s every family.
   */
  takeWord(): { slot: number; reused: boolean };
  giveWord(slot: number): void;
  /** Others read the words while they are written. */
  readonly readFromOutside: boolean;
}

/**
 * Deferred sums that are held at most: they keep a handle alive that the application has let go of,
 * and it lives no longer than it takes to fill them.
 */
const MAX_PENDING = 1024;

/** A family whose series are one double each, in the store's memory. */
abstract class WordFamily extends SeriesFamily {
  protected values: Float64Array = new Float64Array(0);
  protected readonly host: WordHost;

  constructor(name: string, options: FamilyOptions, host: WordHost) {
    super(name, options, host);
    this.host = host;
  }

  value(slot: number): number {
    return this.values[slot]!;
  }

  /** The store's memory is another one from here on. */
  pointAt(values: Float64Array, marks: Uint8Array): void {
    this.values = values;
    this.marks = marks;
  }

  protected take(): { slot: number; reused: boolean } {
    return this.host.takeWord();
  }

  protected give(slot: number): void {
    this.values[slot] = 0;
    this.host.giveWord(slot);
  }
}

/** See `SumFamily` in the contract. */
export class SumSeries extends WordFamily implements SumFamily {
  readonly kind = 'sum';
  readonly #gains: Gains[] = [];
  #pending: PendingSum[] = [];
  #fell = false;

  get monotonic(): boolean {
    return this.details.monotonic === true;
  }

  falls(): boolean {
    if (this.monotonic) return false;
    this.#fell = true;
    return true;
  }

  protected override hinders(key: keyof Description, to: Description): string | undefined {
    return key === 'monotonic' && to.monotonic === true && this.#fell
      ? 'it has been decremented already, so it is not monotonic'
      : undefined;
  }

  override value(slot: number): number {
    this.addDeferred();
    return super.value(slot);
  }

  defer(pending: PendingSum): boolean {
    if (this.host.readFromOutside) return false;
    if (this.#pending.length >= MAX_PENDING) this.addDeferred();
    this.#pending.push(pending);
    return true;
  }

  addDeferred(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    for (const one of pending) one.addDeferred();
  }

  protected override reading(): void {
    this.addDeferred();
  }

  add(tags: Tags | undefined, by: number): boolean {
    const slot = this.find(tags);
    if (slot < 0) return false;
    this.addAt(slot, by);
    return true;
  }

  addAt(slot: number, by: number): void {
    this.values[slot]! += by;
    this.marks[slot] = TOUCHED;
    const trackers = this.#gains;
    for (let i = 0; i < trackers.length; i++) trackers[i]!.add(slot, by);
  }

  trackGains(gains: Gains): () => void {
    this.addDeferred();
    this.#gains.push(gains);
    this.#each((slot) => gains.join(slot, this.value(slot)));
    return () => {
      this.addDeferred();
      this.#gains.splice(this.#gains.indexOf(gains), 1);
      this.#each((slot) => gains.leave(slot, this.value(slot)));
    };
  }

  protected override give(slot: number): void {
    for (const gains of this.#gains) gains.forget(slot);
    super.give(slot);
  }

  #each(visit: (slot: number) => void): void {
    for (const _ of this.list(visit));
  }
}

/** See `GaugeFamily` in the contract. */
export class GaugeSeries extends WordFamily implements GaugeFamily {
  readonly kind = 'gauge';

  set(tags: Tags | undefined, value: number): boolean {
    const slot = this.find(tags);
    if (slot < 0) return false;
    this.setAt(slot, value);
    return true;
  }

  setAt(slot: number, value: number): void {
    this.values[slot] = value;
    this.marks[slot] = TOUCHED;
  }
}
