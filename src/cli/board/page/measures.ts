import type { Kind, MetricData } from '../protocol.js';
import { rateTexts, valueText } from './format.js';
import type { History, LineHistory, MetricHistory } from './history.js';

/** The measure of a metric that is drawn. */
export type Measure = 'percentiles' | 'p50' | 'p95' | 'p99' | 'mean' | 'max' | 'rate' | 'value';

/** The names that a person reads. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  percentiles: 'percentiles',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  mean: 'mean',
  max: 'maximum',
  rate: 'per second',
  value: 'value',
};

const OF_KIND: Readonly<Record<Kind, readonly Measure[]>> = {
  counter: ['rate'],
  other: ['rate'],
  gauge: ['value'],
  timing: ['percentiles', 'p50', 'p95', 'p99', 'mean', 'max', 'rate'],
};

/** The measures that a metric has; the first is the one that is drawn unasked. */
export function measuresOf({ kind }: MetricData, lines: number): readonly Measure[] {
  if (kind !== 'timing' || lines <= 1) return OF_KIND[kind];
  return ['p95', 'p50', 'p99', 'mean', 'max', 'rate'];
}

/** A line as it is drawn: its name and a value for each time. */
export interface DrawnLine {
  readonly label: string;
  readonly values: (number | null)[];
}

/** The lines of a metric for the times of a chart. */
export function drawnLines(
  { data, lines }: MetricHistory,
  measure: Measure,
  times: readonly number[],
  history: History,
): DrawnLine[] {
  const all = data.lines.flatMap(({ label }) => lines.get(label) ?? []);
  if (measure === 'percentiles')
    return (['p50', 'p95', 'p99'] as const).map((label) => ({
      label,
      values: times.map((time) => all[0]?.at(time)?.[label] ?? null),
    }));
  return all.map((line) => ({
    label: line.label || (measure === 'rate' ? data.name : MEASURE_NAMES[measure]),
    values:
      measure === 'rate'
        ? times.map((time) => rateAt(line, time, history))
        : times.map((time) => line.at(time)?.[measure] ?? null),
  }));
}

/**
 * Amount by second. A step that is not over counts as far as reports go, once that is half of it;
 * the first of a line counts at once, as it may be the only one. Nothing in a step is a rate of 0.
 */
function rateAt(line: LineHistory, time: number, { step, newest }: History): number | null {
  if (newest === null || time < line.first || time > newest) return null;
  const covered = Math.min(step, newest - time);
  const isEnough = covered >= step / 2;
  if (!isEnough && time !== line.first) return null;
  return ((line.at(time)?.amount ?? 0) / (isEnough ? covered : step)) * 1_000;
}

/** The way the drawn values are written: all rates of a chart by the same time. */
export function textsOf(
  lines: readonly DrawnLine[],
  measure: Measure,
  unit: string | undefined,
): (value: number | null) => string {
  if (measure !== 'rate') return (value) => valueText(value, unit);
  let most = 0;
  for (const { values } of lines)
    for (const value of values) most = Math.max(most, Math.abs(value ?? 0));
  return rateTexts(most);
}
