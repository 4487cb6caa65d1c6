import { expect } from 'chai';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { Metrics } from '../../src/index.js';
import { readReports, type Summary, summarize } from '../../src/reading/index.js';

const PROCESSES = 4;
const INTERVALS = 60;
const PERCENTILES = [0.5, 0.95, 0.99];

/** Numbers from 0 to 1, the same in every run. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type Draw = (next: () => number) => number;

/** Seconds as services take them: one hump with a long tail; a cache that misses one time in twenty; a tail without an end; narrow lumps over six decades. */
const SHAPES: Readonly<Record<string, Draw>> = {
  lognormal: (next) =>
    0.05 * Math.exp(Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())),
  cached: (next) => (next() < 0.94 ? 0.1 + next() / 50 : 1.09),
  exponential: (next) => -Math.log(next()) / 4,
  lumps: (next) => {
    const share = next();
    if (share < 0.45) return 0.0123 + next() / 10_000;
    if (share < 0.9) return 0.0929 + next() / 10_000;
    return share < 0.96 ? 1.73 : 10 ** (6 * next() - 4);
  },
};

type Series = readonly [name: string, values: Float64Array];

/** Records so many values into several Metrics, interval by interval, as several processes would. */
async function record(make: () => ReportExporter, count: number): Promise<readonly Series[]> {
  const next = uniform(42);
  const processes = Array.from({ length: PROCESSES }, () => new Metrics({ backend: make() }));
  const series = Object.keys(SHAPES).map((name): Series => [name, new Float64Array(count)]);
  for (let i = 0; i < count; i++) {
    const metrics = processes[i % PROCESSES]!;
    for (const [name, values] of series) {
      values[i] = SHAPES[name]!(next);
      metrics.timing(name, values[i]!);
    }
    if ((i + 1) % Math.ceil(count / INTERVALS) === 0)
      await Promise.all(processes.map((one) => one.flush()));
  }
  await Promise.all(processes.map((one) => one.close()));
  return series;
}

/** The smallest value that so large a share of all does not exceed. */
const exact = (values: Float64Array): number[] => {
  const sorted = values.slice().sort();
  return PERCENTILES.map((p) => sorted[Math.ceil(p * sorted.length) - 1]!);
};

/** Expects percentiles within 2 % of the exact ones. */
export function expectClose(name: string, found: readonly number[], values: Float64Array): void {
  exact(values).forEach((wanted, i) => {
    expect(found[i], `${name} p${PERCENTILES[i]! * 100}`).to.be.closeTo(wanted, wanted * 0.02);
  });
}

/**
 * Records values over four Metrics and 60 intervals into a store and expects their percentiles, read from it, within 2 % of the
 * exact ones.
 * @param searchable is called before they are read: some stores show what they have acknowledged a little later.
 * @returns what was recorded, by name.
 */
export async function provePercentiles(
  make: () => ReportExporter,
  count: number,
  searchable?: () => Promise<unknown>,
): Promise<ReadonlyMap<string, Float64Array>> {
  const series = await record(make, count);
  await searchable?.();
  const reader = make();
  const reports = [];
  for await (const report of readReports(reader)) reports.push(report);
  await reader.shutdown();
  expect(reports.length, 'reports').to.equal(PROCESSES * INTERVALS * series.length);
  const rows: readonly Summary[] = summarize(reports, { percentiles: PERCENTILES });
  for (const [name, values] of series) {
    const row = rows.find((one) => one.name === name)!;
    expect(row.count, name).to.equal(count);
    expectClose(
      name,
      PERCENTILES.map((p) => row.percentiles![p]!),
      values,
    );
  }
  return new Map(series);
}
