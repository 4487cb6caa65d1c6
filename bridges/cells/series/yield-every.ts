/**
 * Steps of a generator between two yields: work in slices looks at the clock at each, and a look
 * costs more than a short step.
 */
export const YIELD_EVERY = 32;
