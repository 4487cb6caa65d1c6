/**
 * One side of an exponential histogram: counts of consecutive buckets, of which the first has the
 * index `offset`.
 */
export interface ExponentialSide {
  readonly offset: number;
  readonly bucketCounts: number[];
}

/** The buckets of a coarser scale: each step halves their number. Unchanged for no steps. */
export function rescale(side: ExponentialSide, steps: number): ExponentialSide {
  if (steps <= 0 || side.bucketCounts.length === 0) return side;
  // Indices are whole numbers of 32 bits at every scale that there is: a shift rounds down.
  const offset = side.offset >> steps;
  const last = (side.offset + side.bucketCounts.length - 1) >> steps;
  const bucketCounts = new Array<number>(last - offset + 1).fill(0);
  for (let i = 0; i < side.bucketCounts.length; i++)
    bucketCounts[((side.offset + i) >> steps) - offset]! += side.bucketCounts[i]!;
  return { offset, bucketCounts };
}
