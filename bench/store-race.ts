import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { INTERNALS } from '../exporters/delivery/internals.js';
import type { ReportExporter } from '../exporters/report-exporter.js';
import { newId } from '../exporters/reports/ids.js';
import type { Report } from '../exporters/reports/report.js';
import { median } from './race.js';

/** Reports as an application has them: a gauge, two tags. */
export function reports(count: number): Report[] {
  const timestamp = new Date();
  return Array.from({ length: count }, (_, i) => ({
    id: newId(),
    name: `bench.metric${i % 100}`,
    metric: 'gauge',
    value: i + 0.5,
    tags: { route: `/route/${i % 50}`, status: 200 },
    timestamp,
    host: 'bench',
  }));
}

/** A raw client: what it makes of the reports beforehand, not timed, and how it writes one batch of that. */
export interface Raw<T> {
  readonly name: string;
  /** Printed, but not what the goal is measured by: it leaves out what a client does. */
  readonly reference?: boolean;
  prepare(reports: readonly Report[]): readonly T[];
  write(batch: readonly T[]): Promise<unknown>;
}

const ROUNDS = 7;
const COUNT = 20_000;
const BATCHES = [500, 1_000, 5_000];

/**
 * Races an exporter against a raw client at its best batch: rounds in turn, medians, documents a second. Printed with the exporter's
 * ratio and the longest time that the event loop was blocked while it wrote (in rounds of their own, as watching costs time).
 * @param count documents a round
 */
export async function raceStore<T>(
  store: string,
  exporter: ReportExporter,
  raws: readonly Raw<T>[],
  count = COUNT,
): Promise<void> {
  const speeds = new Map<string, number[]>();
  const record = (name: string, milliseconds: number) => {
    const all = speeds.get(name) ?? [];
    speeds.set(name, [...all, (count / milliseconds) * 1_000]);
  };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const raw of raws) {
      for (const size of BATCHES) {
        const ready = raw.prepare(reports(count));
        const milliseconds = await timed(async () => {
          for (let from = 0; from < count; from += size)
            await raw.write(ready.slice(from, from + size));
        });
        // The first round warms up connections and code.
        if (round > 0) record(`${raw.name}, batches of ${size}`, milliseconds);
      }
    }
    const sent = reports(count);
    const milliseconds = await timed(() => stores(exporter, sent));
    if (round > 0) record('exporter', milliseconds);
  }
  const blocked: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    blocked.push(await longestTurn(() => stores(exporter, reports(count))));
  const { stored } = exporter.ledger();
  if (stored !== count * (2 * ROUNDS + 1)) throw new Error(`the exporter stored ${stored} reports`);
  const references = new Set(raws.filter(({ reference }) => reference).map(({ name }) => name));
  report(store, speeds, blocked, references);
}

function report(
  store: string,
  speeds: ReadonlyMap<string, number[]>,
  blocked: readonly number[],
  references: ReadonlySet<string>,
): void {
  const medians = [...speeds].map(([name, all]) => ({ name, speed: median(all) }));
  for (const { name, speed } of medians)
    console.log(
      `${store}  ${name.padEnd(44)} ${Math.round(speed).toLocaleString('en').padStart(9)} a second`,
    );
  const own = medians.find(({ name }) => name === 'exporter')!.speed;
  const best = medians
    .filter(
      ({ name }) => name !== 'exporter' && !references.has(name.replace(/, batches of \d+$/, '')),
    )
    .sort((a, b) => b.speed - a.speed)[0]!;
  const ratio = own / best.speed;
  console.log(
    `${store}  ratio to ${best.name}: ${ratio.toFixed(2)}x (goal 0.8x)${ratio < 0.8 ? ' MISSED' : ''}`,
  );
  const longest = median(blocked);
  console.log(
    `${store}  event loop blocked at most ${longest.toFixed(1)} ms a round, median (goal 20 ms)${longest > 20 ? ' MISSED' : ''}`,
  );
}

/** An application records a little at a time; putting all in at once would itself block. */
async function stores(exporter: ReportExporter, sent: readonly Report[]): Promise<void> {
  for (let from = 0; from < sent.length; from += 500) {
    exporter[INTERNALS].accept(sent.slice(from, from + 500));
    await setImmediate();
  }
  await exporter.forceFlush();
}

/** The most milliseconds that this thread computed without giving way. On Linux the thread's own time, so that other processes do not count. */
async function longestTurn(action: () => Promise<void>): Promise<number> {
  let longest = 0;
  let ended = false;
  const watch = (async () => {
    for (let last = threadTime(); !ended; last = threadTime()) {
      await setImmediate();
      longest = Math.max(longest, threadTime() - last);
    }
  })();
  await action();
  ended = true;
  await watch;
  return longest;
}

/** Milliseconds that the main thread has computed. */
export function threadTime(): number {
  try {
    return (
      Number.parseInt(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1'), 10) / 1e6
    );
  } catch {
    return performance.now();
  }
}

async function timed(action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
