import { BucketBlocks, chunkOf, placeOf } from './bucket-blocks.js';
import { bucketOf } from './bucket-of.js';

/** The most buckets at a fine scale: OpenTelemetry's default for exponential histograms. */
export const BUCKETS = 160;
/** Values that lie far apart take up to so many, before buckets become wider than 2.2 %. */
export const WIDE_BUCKETS = 640;
/** At this scale a bucket is 2.2 % wide, and its middle off by 1.1 % at most. */
const WIDE_SCALE = 5;
const MAX_SCALE = 20;
/**
 * Room for the first few values; most histograms then need all of it, because the scale adapts
 * until the buckets are used.
 */
const INITIAL_BUCKETS = 16;
const moved = new Float64Array(WIDE_BUCKETS);

/*
 * A row of 64 bytes for each histogram, which is one line of a processor's cache: calls over
 * thousands of series mostly wait for memory. It is five doubles and six integers, all 0 in an
 * empty histogram that has no block yet.
 */
const DOUBLES = 8;
const COUNT = 0;
const SUM = 1;
const MIN = 2;
const MAX = 3;
const ZEROS = 4;
const INTEGERS = 16;
/** The number of scales below the finest one. */
const SCALED_DOWN = 10;
/** The lowest bucket in use, and the one after the highest; none while they are the same. */
const LOW = 11;
const END = 12;
/** The place of bucket 0 in the block's chunk, which may well be outside of it. */
const BASE = 13;
/** The address of the block with the counts, and how many it holds; 0 while there is none. */
const BLOCK = 14;
const ROOM = 15;

/** The histograms of many series, by slot: `exponential-histogram.ts` says what one is. */
export class Histograms {
  #doubles = new Float64Array(0);
  #integers = new Int32Array(0);
  readonly #blocks = new BucketBlocks();
  readonly #chunks = this.#blocks.chunks;

  /** Makes sure that there is a histogram in `slot`. A new one is empty. */
  reserve(slot: number): void {
    const before = this.#doubles.length / DOUBLES;
    if (slot < before) return;
    const doubles = new Float64Array(Math.max(slot + 1, before * 2) * DOUBLES);
    doubles.set(this.#doubles);
    this.#doubles = doubles;
    this.#integers = new Int32Array(doubles.buffer);
  }

  /** The number of values; 0 where there is no histogram. */
  count(slot: number): number {
    return this.#doubles[slot * DOUBLES + COUNT] ?? 0;
  }

  /** The sum of the values. */
  sum(slot: number): number {
    return this.#doubles[slot * DOUBLES + SUM]!;
  }

  /** The least value; infinity while there is none. */
  min(slot: number): number {
    return this.count(slot) === 0 ? Number.POSITIVE_INFINITY : this.#doubles[slot * DOUBLES + MIN]!;
  }

  /** The greatest value; minus infinity while there is none. */
  max(slot: number): number {
    return this.count(slot) === 0 ? Number.NEGATIVE_INFINITY : this.#doubles[slot * DOUBLES + MAX]!;
  }

  /** The number of values that were 0. */
  zeroCount(slot: number): number {
    return this.#doubles[slot * DOUBLES + ZEROS]!;
  }

  /** The scale of the buckets, 20 or less. */
  scale(slot: number): number {
    return MAX_SCALE - this.#integers[slot * INTEGERS + SCALED_DOWN]!;
  }

  /** Adds a finite value of 0 or more, `times` times. */
  record(slot: number, value: number, times = 1): void {
    const doubles = this.#doubles;
    const at = slot * DOUBLES;
    const isFirst = doubles[at + COUNT] === 0;
    if (isFirst || value < doubles[at + MIN]!) doubles[at + MIN] = value;
    if (isFirst || value > doubles[at + MAX]!) doubles[at + MAX] = value;
    doubles[at + COUNT]! += times;
    doubles[at + SUM]! += value * times;
    if (value === 0) {
      doubles[at + ZEROS]! += times;
      return;
    }
    const integers = this.#integers;
    const row = slot * INTEGERS;
    const bucket = bucketOf(value, MAX_SCALE - integers[row + SCALED_DOWN]!);
    if (bucket >= integers[row + LOW]! && bucket < integers[row + END]!)
      this.#chunks[chunkOf(integers[row + BLOCK]!)]![integers[row + BASE]! + bucket]! += times;
    else this.#add(slot, bucket, times);
  }

  /** Adds everything that a histogram of `other` holds. */
  merge(slot: number, other: Histograms, from: number): void {
    if (other.count(from) === 0) return;
    const doubles = this.#doubles;
    const at = slot * DOUBLES;
    doubles[at + MIN] = Math.min(this.min(slot), other.min(from));
    doubles[at + MAX] = Math.max(this.max(slot), other.max(from));
    doubles[at + COUNT]! += other.count(from);
    doubles[at + SUM]! += other.sum(from);
    doubles[at + ZEROS]! += other.zeroCount(from);
    const { low, end, base, counts } = other.buckets(from);
    if (low === end) return;
    const finer = other.scale(from) - this.scale(slot);
    const by = Math.max(0, finer);
    this.#fit(slot, low >> by, (end - 1) >> by, Math.max(0, -finer));
    const shift = other.scale(from) - this.scale(slot);
    const own = this.buckets(slot);
    for (let i = low; i < end; i++) own.counts[own.base + (i >> shift)]! += counts[base + i]!;
  }

  /** Empties a histogram; its memory is kept, its scale starts again. */
  reset(slot: number): void {
    const { low, end, base, counts } = this.buckets(slot);
    counts.fill(0, base + low, base + end);
    this.#doubles.fill(0, slot * DOUBLES, slot * DOUBLES + ZEROS + 1);
    this.#integers.fill(0, slot * INTEGERS + SCALED_DOWN, slot * INTEGERS + END + 1);
  }

  /** Empties a histogram, if there is one, and its memory is free for others. */
  release(slot: number): void {
    if (slot * DOUBLES >= this.#doubles.length) return;
    this.reset(slot);
    this.#takeRoom(slot, 0);
  }

  /**
   * The buckets in use, from `low` to the one before `end`, and where they are: the count of bucket
   * `i` is `counts[base + i]`.
   */
  buckets(slot: number): { low: number; end: number; base: number; counts: Float64Array } {
    const integers = this.#integers;
    const row = slot * INTEGERS;
    return {
      low: integers[row + LOW]!,
      end: integers[row + END]!,
      base: integers[row + BASE]!,
      counts: this.#chunks[chunkOf(integers[row + BLOCK]!)] ?? NO_COUNTS,
    };
  }

  #add(slot: number, bucket: number, times: number): void {
    const before = this.scale(slot);
    this.#fit(slot, bucket, bucket, 0);
    const { base, counts } = this.buckets(slot);
    counts[base + (bucket >> (before - this.scale(slot)))]! += times;
  }

  /**
   * Makes the range hold the buckets from `low` to `high`, which are those of a scale that is lower
   * by `shift`. The scale becomes that one, or one at which they fit.
   */
  #fit(slot: number, low: number, high: number, shift: number): void {
    const integers = this.#integers;
    const row = slot * INTEGERS;
    const isEmpty = integers[row + LOW] === integers[row + END];
    if (!isEmpty) {
      low = Math.min(low, integers[row + LOW]! >> shift);
      high = Math.max(high, (integers[row + END]! - 1) >> shift);
    }
    while (high - low >= mostBuckets(this.scale(slot) - shift)) {
      low >>= 1;
      high >>= 1;
      shift++;
    }
    const start = placeOf(integers[row + BLOCK]!) - integers[row + BASE]!;
    const fits = low >= start && high < start + integers[row + ROOM]!;
    if (isEmpty || shift > 0 || !fits) this.#move(slot, low, high, shift);
    integers[row + LOW] = low;
    integers[row + END] = high + 1;
  }

  /**
   * Lowers the scale by `shift`, so that bucket `i` becomes part of bucket `i >> shift`, and moves
   * the counts so that there is as much room below `low` as above `high`.
   */
  #move(slot: number, low: number, high: number, shift: number): void {
    const { low: before, end, base, counts } = this.buckets(slot);
    const first = before >> shift;
    const used = end > before ? ((end - 1) >> shift) - first + 1 : 0;
    moved.fill(0, 0, used);
    for (let i = before; i < end; i++) moved[(i >> shift) - first]! += counts[base + i]!;
    counts.fill(0, base + before, base + end);
    const integers = this.#integers;
    const row = slot * INTEGERS;
    integers[row + SCALED_DOWN]! += shift;
    const span = high - low + 1;
    if (span > integers[row + ROOM]!) this.#takeRoom(slot, roomFor(span));
    const margin = (integers[row + ROOM]! - span) >> 1;
    integers[row + BASE] = placeOf(integers[row + BLOCK]!) + margin - low;
    const { base: to, counts: into } = this.buckets(slot);
    for (let i = 0; i < used; i++) into[to + first + i] = moved[i]!;
  }

  /** Exchanges the block, which is all zeros, for one with `room`; for none if that is 0. */
  #takeRoom(slot: number, room: number): void {
    const integers = this.#integers;
    const row = slot * INTEGERS;
    if (integers[row + ROOM]! > 0) this.#blocks.give(integers[row + BLOCK]!, integers[row + ROOM]!);
    integers[row + BLOCK] = room > 0 ? this.#blocks.take(room) : 0;
    integers[row + ROOM] = room;
  }
}

const NO_COUNTS = new Float64Array(0);

const mostBuckets = (scale: number): number => (scale > WIDE_SCALE ? BUCKETS : WIDE_BUCKETS);

/** Few buckets have little room, then that of most histograms, doubled until they fit. */
function roomFor(buckets: number): number {
  if (buckets <= INITIAL_BUCKETS) return INITIAL_BUCKETS;
  let room = BUCKETS;
  while (room < buckets) room *= 2;
  return room;
}
