/** Numbers and times as a person reads them. */

const DURATIONS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
  [1e-9, 'ns'],
];
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const LARGE = ['', 'k', 'M', 'G', 'T', 'P'];
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  ns: 1e-9,
  min: 60,
  h: 3_600,
};

/** A value with its unit: `12.3 ms`, `4.5 MiB`. `null`: a dash. */
export function valueText(value: number | null | undefined, unit: string | undefined): string {
  if (value === null || value === undefined) return '–';
  const seconds = SECONDS[unit ?? ''];
  if (seconds !== undefined) return duration(value * seconds);
  if (unit === 'By') return scaleText(value, 1_024, BYTES);
  if (unit === undefined || unit === '1' || unit.startsWith('{')) return numberText(value);
  return `${numberText(value)} ${unit}`;
}

/** A rate: `12.3/s`; below one in ten seconds by the minute or hour. */
export function rateText(rate: number | null | undefined): string {
  return rateTexts(Math.abs(rate ?? 0))(rate ?? null);
}

/** Rates of which `most` is the greatest, all by the second, the minute or the hour. */
export function rateTexts(most: number): (rate: number | null) => string {
  const [seconds, unit] =
    most === 0 || most >= 0.1 ? [1, 's'] : most * 60 >= 0.1 ? [60, 'min'] : [3_600, 'h'];
  return (rate) => (rate === null ? '–' : `${numberText(rate * seconds)}/${unit}`);
}

/** A number in at most four figures: `1.23k`. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return scaleText(value, 1_000, LARGE, '');
  return figures(value);
}

/** A count, all of its digits. */
export const countText = (value: number): string => Math.round(value).toLocaleString('en-US');

function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  const [factor, unit] = DURATIONS.find(([one]) => size >= one) ?? DURATIONS.at(-1)!;
  return `${figures(seconds / factor)} ${unit}`;
}

function scaleText(value: number, base: number, units: readonly string[], gap = ' '): string {
  let rank = 0;
  let rest = value;
  while (Math.abs(rest) >= base && rank < units.length - 1) {
    rest /= base;
    rank += 1;
  }
  return `${figures(rest)}${gap}${units[rank]}`;
}

/** Three figures, more for whole numbers below 10,000. */
function figures(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size < 1e-3) return value.toExponential(1);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** A time of day; with the date where that is not today. `time`: milliseconds since the epoch. */
export function timeText(time: number, now = Date.now()): string {
  const today = new Date(now).toDateString() === new Date(time).toDateString();
  return (today ? clock : dayAndClock).format(time);
}
