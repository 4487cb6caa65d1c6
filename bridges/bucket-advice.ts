/** Steps of each power of ten. */
const STEPS = [1, 2.5, 5];

/**
 * Powers of ten from which to which the buckets of a unit go: from tenths of a millisecond to
 * minutes.
 */
const POWERS: Readonly<Record<string, readonly [from: number, to: number]>> = {
  s: [-4, 2],
  ms: [-1, 5],
};

/** For a unit without a name: milliseconds as seconds, up to tens of seconds as milliseconds. */
const ANY_UNIT: readonly [from: number, to: number] = [-3, 4];

/**
 * Boundaries of a histogram's buckets for values of a unit, as advice to a MeterProvider.
 * OpenTelemetry's own, 0, 5, 10 and so on, would put all durations in seconds into one bucket.
 */
export function bucketsFor(unit: string): number[] {
  const [from, to] = POWERS[unit] ?? ANY_UNIT;
  const boundaries: number[] = [];
  for (let power = from; power < to; power++)
    for (const step of STEPS) boundaries.push(Number(`${step}e${power}`));
  return [...boundaries, Number(`1e${to}`)];
}
