import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { Histograms } from './histograms.js';

/**
 * Base-2 exponential histogram of values of 0 or more, as OpenTelemetry defines it: bucket `i` at
 * scale `s` holds values in (b^i, b^(i+1)] with b = 2^(2^-s). The scale starts at 20 and falls when
 * the values spread over more than 160 buckets, below scale 5 over more than 640, which are six
 * decades. So a value read back from the middle of its bucket is off by less than (b - 1) / 2 of
 * itself. Count, sum, min and max are exact.
 *
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export class HistogramCell {
  readonly #all: Histograms;
  readonly #slot: number;

  /** @internal A view of one of many histograms; without them, of one of its own. */
  constructor(all: Histograms = new Histograms(), slot = 0) {
    all.reserve(slot);
    this.#all = all;
    this.#slot = slot;
  }

  /** The number of values. */
  get count(): number {
    return this.#all.count(this.#slot);
  }

  /** The sum of the values. */
  get sum(): number {
    return this.#all.sum(this.#slot);
  }

  /** The least value; infinity while there is none. */
  get min(): number {
    return this.#all.min(this.#slot);
  }

  /** The greatest value; minus infinity while there is none. */
  get max(): number {
    return this.#all.max(this.#slot);
  }

  /** The number of values that were 0. */
  get zeroCount(): number {
    return this.#all.zeroCount(this.#slot);
  }

  /** The scale of the buckets, 20 or less. */
  get scale(): number {
    return this.#all.scale(this.#slot);
  }

  /** Adds a finite value of 0 or more, `times` times. */
  record(value: number, times = 1): void {
    this.#all.record(this.#slot, value, times);
  }

  /** Adds everything that `other` holds. */
  merge(other: HistogramCell): void {
    this.#all.merge(this.#slot, other.#all, other.#slot);
  }

  /** Empties the histogram; its memory is kept, its scale starts again. */
  reset(): void {
    this.#all.reset(this.#slot);
  }

  /** As OpenTelemetry's SDK hands it out: plain, nothing shared with this one. */
  toPoint(): ExponentialHistogram {
    const { count, sum, min, max, scale, zeroCount } = this;
    const { low, end, base, counts } = this.#all.buckets(this.#slot);
    const bucketCounts: number[] = [];
    for (let i = low; i < end; i++) {
      const bucketCount = counts[base + i]!;
      // Whole numbers too are doubles in V8 here; as small integers they take less room, and less
      // time to become JSON.
      const integer = bucketCount | 0;
      bucketCounts.push(integer === bucketCount ? integer : bucketCount);
    }
    return {
      count,
      sum,
      ...(count > 0 && { min, max }),
      scale,
      zeroCount,
      positive: { offset: bucketCounts.length > 0 ? low : 0, bucketCounts },
      negative: { offset: 0, bucketCounts: [] },
    };
  }

  /**
   * Calls `visit` with the middle of each bucket, and how many values it holds, from the lowest up;
   * zeros first.
   */
  eachBucket(visit: (middle: number, count: number) => void): void {
    if (this.zeroCount > 0) visit(0, this.zeroCount);
    const { low, end, base, counts } = this.#all.buckets(this.#slot);
    for (let i = low; i < end; i++) {
      const count = counts[base + i]!;
      if (count > 0) visit(2 ** ((i + 0.5) / 2 ** this.scale), count);
    }
  }
}
