import { formatDimensions } from '../../../bridges/cells/meta-format.js';
import type { ForkShares } from './forks.js';
import type { ShownMetric, ShownProcess } from './sampler.js';

/**
 * Processes added up. A state shows how many processes are in it; the shares of a fork are means.
 */
export interface ProcessSum {
  readonly count: number;
  readonly metrics: readonly ShownMetric[];
  /** By a state's dimensions: texts, with the number of processes that are in each. */
  readonly states: ReadonlyMap<ShownMetric, ReadonlyMap<string, number>>;
  readonly forks: readonly ForkShares[];
}

/** Adds up the processes that run: those that ended count no more. */
export function sumOf(processes: readonly ShownProcess[]): ProcessSum {
  const live = processes.filter(({ status }) => status !== 'dead');
  const sums = new Map<string, ShownMetric>();
  const states = new Map<string, Map<string, number>>();
  for (const metric of live.flatMap(({ metrics }) => metrics)) {
    const key = `${metric.kind} ${formatDimensions(metric.dimensions)}`;
    const before = sums.get(key);
    sums.set(key, before === undefined ? metric : addMetrics(before, metric));
    if (metric.kind === 'state') states.set(key, countState(states.get(key) ?? new Map(), metric));
  }
  return {
    count: live.length,
    metrics: [...sums.values()],
    states: new Map([...states].map(([key, texts]) => [sums.get(key)!, texts])),
    forks: meanForks(live.flatMap(({ forks }) => forks)),
  };
}

function addMetrics(a: ShownMetric, b: ShownMetric): ShownMetric {
  const rate = (a.rate ?? 0) + (b.rate ?? 0);
  const rates = a.rate === undefined && b.rate === undefined ? {} : { rate };
  return { ...a, ...rates, value: addedValues(a.value, b.value) };
}

function addedValues(a: ShownMetric['value'], b: ShownMetric['value']): ShownMetric['value'] {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  return typeof a === 'number' && typeof b === 'number' ? a + b : a;
}

function countState(texts: Map<string, number>, { value }: ShownMetric): Map<string, number> {
  const state = value as { text: string; since: Date | null };
  const text = state.since === null ? '-' : state.text;
  return texts.set(text, (texts.get(text) ?? 0) + 1);
}

function meanForks(forks: readonly ForkShares[]): ForkShares[] {
  const byName = new Map<string, ForkShares[]>();
  for (const fork of forks) byName.set(fork.name, [...(byName.get(fork.name) ?? []), fork]);
  return [...byName].map(([name, same]) => {
    const shares = new Map<string, number>();
    for (const branch of same.flatMap(({ branches }) => branches))
      shares.set(branch.name, (shares.get(branch.name) ?? 0) + branch.share / same.length);
    const branches = [...shares].map(([branch, share]) => ({ name: branch, share }));
    return { name, branches: branches.sort((a, b) => b.share - a.share) };
  });
}
