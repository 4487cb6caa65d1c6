/** Seconds and milliseconds are shown in the unit in which they have few digits. */
const TIME_UNITS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** Three digits or as many as are asked for, or all before the point. */
export function number(value: number, digits = 3): string {
  const short = Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(digits));
  return short.toLocaleString('en', { maximumSignificantDigits: 21 });
}

/** A number in a few characters: whole ones with all their digits. */
export const countText = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : number(value);

/** Numbers per second; small ones are shown per minute or per hour. */
export function rateText(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (size === 0 || size >= 0.1) return `${number(perSecond)}/s`;
  return size >= 0.1 / 60 ? `${number(perSecond * 60)}/min` : `${number(perSecond * 3_600)}/h`;
}

/** A value with its unit. */
export function valueText(value: number, unit: string | undefined): string {
  const seconds = unit === undefined ? undefined : TIME_UNITS[unit];
  if (seconds !== undefined) return secondsText(value * seconds);
  return unit === undefined || unit === '1' ? number(value) : `${number(value)} ${unit}`;
}

function secondsText(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 1 || size === 0) return `${number(seconds)} s`;
  return size >= 1e-3 ? `${number(seconds * 1e3)} ms` : `${number(seconds * 1e6)} µs`;
}
