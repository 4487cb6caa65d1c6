/** Milliseconds in a unit of time, as OpenTelemetry writes units. */
const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

/**
 * A duration as a timer records it: in the unit that the metric is described with, if that is one
 * of time, else in whole milliseconds if the timer is told so, else in seconds.
 */
export function durationIn(
  unit: string | undefined,
  milliseconds: number,
  useMs: boolean,
): { value: number; unit: string } {
  if (unit !== undefined && Object.hasOwn(MILLISECONDS, unit))
    return { value: milliseconds / MILLISECONDS[unit]!, unit };
  return useMs
    ? { value: Math.round(milliseconds), unit: 'ms' }
    : { value: milliseconds / 1000, unit: 's' };
}
