import { roundSum } from '../../../reading/summary/shown.js';
import type {
  BoardData,
  By,
  LineData,
  MetricData,
  SourceState,
  Timings,
  Totals,
} from '../protocol.js';
import type { Line } from './grouping.js';
import type { Metric } from './metric.js';
import type { Recent } from './recent.js';
import { Tally } from './tally.js';

/** The parameters of a page's question. */
export interface Question {
  /** The epoch and revision of what it has. */
  readonly epoch?: string | undefined;
  readonly revision: number;
  /** By a metric's id: how its series become lines, where that was chosen. */
  readonly by: ReadonlyMap<number, By>;
  /** Metrics of which no line is folded. */
  readonly all: ReadonlySet<number>;
}

/**
 * Answers a page: everything, or what changed since it asked before. `from`, `to`: milliseconds
 * since the epoch.
 */
export function answer(
  recent: Recent,
  { epoch, revision, by, all }: Question,
  source: SourceState,
  [from, to]: readonly [number, number],
): BoardData {
  const full = epoch !== recent.epoch || revision <= 0;
  const since = full ? 0 : revision;
  const seconds = Math.max(recent.step, recent.newest - Math.max(from, recent.oldest)) / 1000;
  const changed = [...recent.metrics.values()].filter((metric) => metric.revision > since);
  return {
    epoch: recent.epoch,
    revision: recent.revision,
    full,
    source,
    from,
    to,
    newest: Number.isFinite(recent.newest) ? recent.newest : null,
    step: recent.step,
    metrics: changed.map((metric) =>
      metricData(metric, since, recent, seconds, by.get(metric.id), all.has(metric.id)),
    ),
    events: recent.events.filter((event) => event.revision > since),
    hidden: recent.hidden,
  };
}

function metricData(
  metric: Metric,
  since: number,
  { step }: Recent,
  seconds: number,
  chosen: By | undefined,
  all: boolean,
): MetricData {
  const { choices } = metric;
  const by = chosen !== undefined && choices.includes(chosen) ? chosen : choices[0]!;
  const { lines, folded } = metric.grouping(by).lines(all);
  return {
    id: metric.id,
    name: metric.name,
    metric: metric.metric,
    kind: metric.kind,
    ...(metric.unit !== undefined && { unit: metric.unit }),
    series: metric.series.size,
    choices,
    by,
    totals: totalsOf(metric, seconds),
    lines: lines.map((line) => lineData(metric, line, since, step)),
    folded,
  };
}

/** The steps of a line that changed since a revision. */
function lineData(
  { kind }: Metric,
  { label, series }: Line,
  since: number,
  step: number,
): LineData {
  const numbers = new Set<number>();
  for (const { steps, revision } of series) {
    if (revision <= since) continue;
    for (const [number, one] of steps) if (one.revision > since) numbers.add(number);
  }
  const ordered = [...numbers].sort((a, b) => a - b);
  const tallies = ordered.map((number) =>
    sumOf(series.flatMap(({ steps }) => steps.get(number)?.tally ?? [])),
  );
  const times = ordered.map((number) => number * step);
  if (kind === 'gauge')
    return { label, times, columns: { value: tallies.map(({ last }) => last ?? null) } };
  const amount = tallies.map((tally) => roundSum(tally.amount));
  if (kind !== 'timing') return { label, times, columns: { amount } };
  const timings = tallies.map((tally) => tally.timings);
  const column = (name: keyof Timings) => timings.map((timing) => timing[name]);
  return {
    label,
    times,
    columns: {
      amount,
      p50: column('p50'),
      p95: column('p95'),
      p99: column('p99'),
      mean: column('mean'),
      max: column('max'),
    },
  };
}

function sumOf(tallies: readonly Tally[]): Tally {
  if (tallies.length === 1) return tallies[0]!;
  const sum = new Tally();
  for (const tally of tallies) sum.add(tally);
  return sum;
}

const totalsKept = new WeakMap<Metric, { revision: number; totals: Totals }>();

function totalsOf(metric: Metric, seconds: number): Totals {
  const kept = totalsKept.get(metric);
  if (kept?.revision === metric.revision) return kept.totals;
  const series = [...metric.series.values()];
  const totals =
    metric.kind === 'gauge'
      ? gaugeTotals(series.map(({ steps }) => sumOf([...steps.values()].map(({ tally }) => tally))))
      : sumTotals(
          metric,
          sumOf(series.flatMap(({ steps }) => [...steps.values()].map(({ tally }) => tally))),
          seconds,
        );
  totalsKept.set(metric, { revision: metric.revision, totals });
  return totals;
}

function gaugeTotals(series: readonly Tally[]): Totals {
  const values = series.flatMap(({ last }) => last ?? []);
  if (values.length === 0) return { count: 0, rate: null };
  return { count: values.length, rate: null, last: [Math.min(...values), Math.max(...values)] };
}

function sumTotals({ kind }: Metric, sum: Tally, seconds: number): Totals {
  const rates = { count: roundSum(sum.amount), rate: sum.amount / seconds };
  if (kind !== 'timing') return rates;
  return { ...rates, ...sum.timings };
}
