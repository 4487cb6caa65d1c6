/**
 * One side of an exponential histogram: counts of consecutive buckets, of which the first has the
 * index `offset`.
 */
export interface ExponentialSide {
  readonly offset: number;
  readonly bucketCounts: number[];
}

/** The buckets of a coarser scale: each step halves their number. Unchanged for no steps. */
export function rescaled(side: ExponentialSide, steps: number): ExponentialSide {
  if (steps <= 0 || side.bucketCounts.length === 0) return side;
  const width = 2 ** steps;
  const offset = Math.floor(side.offset / width);
  const bucketCounts: number[] = [];
  for (let i = 0; i < side.bucketCounts.length; i++) {
    const at = Math.floor((side.offset + i) / width) - offset;
    bucketCounts[at] = (bucketCounts[at] ?? 0) + side.bucketCounts[i]!;
  }
  return { offset, bucketCounts };
}
