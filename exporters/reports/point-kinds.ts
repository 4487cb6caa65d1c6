/**
 * OpenTelemetry's numbers for kinds of points and temporality, the same in both lines; its enums
 * would load the SDK.
 */
export const POINT = { histogram: 0, exponential: 1, gauge: 2, sum: 3 } as const;
export const TEMPORALITY = { delta: 0, cumulative: 1 } as const;
