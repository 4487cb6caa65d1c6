import type { Description, FamilyKind, FamilyOptions, SeriesAttributes, Tags } from '../store.js';
import { tellProblem } from '../tell-problem.js';
import { KEY_LIMIT, SeriesIndex, UNKNOWN } from './series-index.js';
import { OTHER } from './tag-values.js';
import { YIELD_EVERY } from './yield-every.js';

/**
 * A series' mark: what its last call was, as one byte that each call sets to `TOUCHED`. In between
 * the mark counts how many steps (a 64th of `forgetAfter`) ago somebody saw that it was touched.
 */
export const TOUCHED = 1;
const SEEN = 2;
const STEPS = 64;
/** Every observer shows it once more. */
const LEAVING = 255;
/** Every observer has; its slot is taken back at the next walk, unless a call comes first. */
const GONE = 254;

const TAG_LIMIT = 1000;
const LIST_LIMIT = 1000;

interface Departure {
  tags: Tags;
  /** Collections that began at or after this one show the series for the last time. */
  epoch: number;
}

/** The calls by which a family informs its store. */
export interface FamilyHost {
  /** The number of the collection that began last. */
  readonly epoch: number;
  /** A series was made, and can be walked to. */
  appeared(): void;
  released(family: SeriesFamily, slot: number): void;
  failed(error: unknown): void;
  /** Tells the observers. Answers whether all of them can still show it. */
  described(family: SeriesFamily, what: readonly (keyof Description)[]): boolean;
}

/**
 * The base of families of all kinds: tags to slots, and how series leave. Subclasses say what a
 * slot holds.
 */
export abstract class SeriesFamily {
  abstract readonly kind: FamilyKind;
  readonly name: string;
  readonly since = Date.now();
  /**
   * By slot. A field that is exchanged when it grows, so that a recording call reaches it in one
   * step.
   */
  marks: Uint8Array = new Uint8Array(0);
  /**
   * The number of slots that were taken back. A plain field, so that a handle reaches it in one
   * step.
   */
  releases = 0;
  #size = 0;
  #agedAt: number | undefined;
  #pendingSteps = 0;
  readonly #details: Description;
  readonly #options: FamilyOptions;
  readonly #host: FamilyHost;
  readonly #index: SeriesIndex;
  readonly #leaving = new Map<number, Departure>();
  readonly #restartedAt = new Map<number, number>();

  constructor(name: string, options: FamilyOptions, host: FamilyHost) {
    this.name = name;
    const { unit, description, monotonic, buckets } = options;
    this.#details = withoutUndefined({ unit, description, monotonic, buckets });
    this.#options = options;
    this.#host = host;
    this.#index = new SeriesIndex({
      policy: options.policy,
      tagLimit: options.tagLimit ?? TAG_LIMIT,
      listLimit: options.listLimit ?? LIST_LIMIT,
      folding: (key) => this.#warnFolding(key),
      foldingKeys: () => this.#warnFoldingKeys(),
    });
  }

  get size(): number {
    return this.#size;
  }

  get unit(): string | undefined {
    return this.#details.unit;
  }

  get description(): string | undefined {
    return this.#details.description;
  }

  protected get details(): Description {
    return this.#details;
  }

  describe(description: Description): string | undefined {
    const more = Object.entries(withoutUndefined(description)) as [keyof Description, unknown][];
    const news = more.filter(([key, value]) => !isSame(this.#details[key], value));
    for (const [key] of news) {
      if (this.#details[key] !== undefined) return `its ${key} is described already`;
      const fault = this.hinders(key, description);
      if (fault !== undefined) return fault;
    }
    if (news.length === 0) return undefined;
    Object.assign(this.#details, Object.fromEntries(news));
    return this.#host.described(
      this,
      news.map(([key]) => key),
    )
      ? undefined
      : 'the MeterProvider has made its instrument already';
  }

  /** Returns the reason why the family cannot be described like this. */
  protected hinders(_key: keyof Description, _description: Description): string | undefined {
    return undefined;
  }

  /** A free slot with an empty value; `reused` is true if another series had it before. */
  protected abstract take(attributes: () => SeriesAttributes): { slot: number; reused: boolean };
  /** The numbers are about to be read, or a series to leave. */
  protected reading(): void {}
  /** The slot is free: its value is emptied. */
  protected abstract give(slot: number): void;

  find(tags?: Tags): number {
    try {
      // Calls without tags take a quarter less without the other function.
      const slot = tags === undefined ? this.#index.untagged : this.#index.find(tags);
      return slot === UNKNOWN ? this.#resolve(tags) : slot;
    } catch (error) {
      this.#failed(error);
      return UNKNOWN;
    }
  }

  remove(tags: Tags = {}): void {
    try {
      this.reading();
      const { policy } = this.#options;
      const admitted = policy === undefined ? tags : policy.admit(tags);
      if (admitted === undefined) return;
      const slot = this.#index.lookup(admitted);
      // Whoever collects now may have shown it already: the last time is a collection that begins
      // from here on.
      if (slot !== UNKNOWN) this.#leave(slot, copy(admitted), this.#host.epoch + 1);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The time at which the series in `slot` began, in milliseconds since the epoch. */
  startOf(slot: number): number {
    return this.#restartedAt.size === 0 ? this.since : (this.#restartedAt.get(slot) ?? this.since);
  }

  *walk(visit: (slot: number, attributes: SeriesAttributes) => void): Generator<void, void, void> {
    this.reading();
    if (this.#leaving.size > 0) yield* this.#sweep();
    const steps = this.#pendingSteps;
    this.#pendingSteps = 0;
    yield* this.#index.walk((slot, attributes) => {
      if (this.#options.forgetAfter !== undefined) this.#age(slot, steps, attributes);
      if (this.marks[slot] !== GONE) visit(slot, attributes);
    });
  }

  /** Every series as it is, without the bookkeeping of a collection. */
  list(visit: (slot: number, attributes: SeriesAttributes) => void): Generator<void, void, void> {
    return this.#index.walk(visit);
  }

  /**
   * A collection begins at `now`: works out how much older the series are than at the last one. The
   * walk applies it.
   */
  collecting(now: number): void {
    const { forgetAfter } = this.#options;
    if (forgetAfter === undefined) return;
    const step = Math.max(forgetAfter / STEPS, Number.MIN_VALUE);
    this.#agedAt ??= now;
    const steps = Math.floor((now - this.#agedAt) / step);
    if (steps <= 0) return;
    this.#agedAt += steps * step;
    this.#pendingSteps += steps;
  }

  /** All observers have shown what was leaving at `epoch`. */
  shown(epoch: number): void {
    for (const [slot, departure] of this.#leaving) {
      const mark = this.marks[slot];
      if (mark === LEAVING && departure.epoch <= epoch) this.marks[slot] = GONE;
      else if (mark !== LEAVING && mark !== GONE) this.#leaving.delete(slot);
    }
  }

  #resolve(tags: Tags = {}): number {
    const { policy } = this.#options;
    const admitted = policy === undefined ? tags : policy.admit(tags);
    if (admitted === undefined) return UNKNOWN;
    const before = this.#size;
    const slot = this.#index.resolve(tags, admitted, (attributes) => this.#make(attributes));
    if (this.#size > before) this.#host.appeared();
    return slot;
  }

  #make(attributes: () => SeriesAttributes): number {
    const { slot, reused } = this.take(attributes);
    this.#size++;
    this.marks[slot] = TOUCHED;
    if (reused) this.#restartedAt.set(slot, Date.now());
    return slot;
  }

  #age(slot: number, steps: number, attributes: SeriesAttributes): void {
    const mark = this.marks[slot]!;
    if (mark === TOUCHED) this.marks[slot] = SEEN;
    else if (mark < GONE) {
      const aged = Math.min(mark + steps, SEEN + STEPS + 1);
      this.marks[slot] = aged;
      if (aged > SEEN + STEPS) this.#leave(slot, tagsOf(attributes), this.#host.epoch);
    }
  }

  #leave(slot: number, tags: Tags, epoch: number): void {
    this.marks[slot] = LEAVING;
    this.#leaving.set(slot, { tags, epoch });
  }

  /** Takes back the slots of series that everybody has shown for the last time. */
  *#sweep(): Generator<void, void, void> {
    let swept = 0;
    for (const [slot, { tags }] of this.#leaving) {
      if (this.marks[slot] !== GONE) continue;
      this.#leaving.delete(slot);
      this.#restartedAt.delete(slot);
      this.#index.delete(tags);
      this.#size--;
      this.marks[slot] = 0;
      this.releases++;
      this.give(slot);
      this.#host.released(this, slot);
      if (++swept % YIELD_EVERY === 0) yield;
    }
  }

  #failed(error: unknown): void {
    if (this.#options.policy?.failed !== undefined) this.#options.policy.failed(error);
    else this.#host.failed(error);
  }

  #warnFoldingKeys(): void {
    const text = `${JSON.stringify(this.name)} has tags with more than ${KEY_LIMIT} different keys; further keys are recorded as the tag ${OTHER}. Use few keys, and put what varies into their values`;
    tellProblem('KANEDA_TAG_LIMIT', text, undefined, this.#options.onProblem);
  }

  #warnFolding(key: string | undefined): void {
    const { tagLimit = TAG_LIMIT, listLimit = LIST_LIMIT, onProblem } = this.#options;
    const name = JSON.stringify(this.name);
    const text =
      key === undefined
        ? `${name} has more than ${listLimit} different lists of tags; further lists are recorded as [${JSON.stringify(OTHER)}]. Keep ids out of tags, or raise listLimit`
        : `the tag ${JSON.stringify(key)} of ${name} has more than ${tagLimit} values; further values are recorded as ${OTHER}. Keep ids out of tags, or raise tagLimit`;
    tellProblem('KANEDA_TAG_LIMIT', text, undefined, onProblem);
  }
}

function withoutUndefined(
  description: {
    [Key in keyof Description]: Description[Key] | undefined;
  },
): Description {
  return Object.fromEntries(Object.entries(description).filter(([, value]) => value !== undefined));
}

/** Buckets are compared by what is in them. */
const isSame = (one: unknown, other: unknown): boolean =>
  one === other || (Array.isArray(one) && String(one) === String(other));

function tagsOf(attributes: SeriesAttributes): Tags {
  return Array.isArray(attributes.tags) ? attributes.tags : (attributes as Tags);
}

/** The caller may change its object while the series is leaving. */
function copy(tags: Tags): Tags {
  return Array.isArray(tags) ? [...tags] : Object.fromEntries(Object.entries(tags));
}
