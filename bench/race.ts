import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One way to do a thing. `run` does it `calls` times. */
export interface Racer {
  readonly name: string;
  run(calls: number): void;
}

export interface Result {
  readonly name: string;
  /** Nanoseconds a call, median over the rounds. */
  readonly ns: number;
}

export interface RaceOptions {
  /** Calls a racer makes in a round. */
  calls?: number;
  rounds?: number;
}

/**
 * Lets racers take turns, each round in another order, so that a noisy machine is noisy for all of them, and takes the median of the
 * rounds. A third as many rounds go before to warm up.
 */
export function race(
  racers: readonly Racer[],
  { calls = 20_000, rounds = 45 }: RaceOptions = {},
): Result[] {
  const times = racers.map((): number[] => []);
  for (let round = -Math.ceil(rounds / 3); round < rounds; round++) {
    for (let turn = 0; turn < racers.length; turn++) {
      const at = (turn + Math.abs(round)) % racers.length;
      const begin = process.hrtime.bigint();
      racers[at]!.run(calls);
      const ns = Number(process.hrtime.bigint() - begin) / calls;
      if (round >= 0) times[at]!.push(ns);
    }
  }
  return racers.map(({ name }, at) => ({ name, ns: median(times[at]!) }));
}

/** Bytes of heap that a call takes. Exact only while no collection runs in between: see `withRoom`. */
export function bytesPerCall(racer: Racer, calls = 50_000): number {
  racer.run(calls);
  const measured = Array.from({ length: 5 }, () => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    racer.run(calls);
    return (process.memoryUsage().heapUsed - before) / calls;
  });
  return Math.max(0, median(measured));
}

/** Runs `main` in a process that lets young objects pile up, so that `bytesPerCall` sees them all. */
export async function withRoom(module: string, main: () => void | Promise<void>): Promise<void> {
  if (globalThis.gc !== undefined) return main();
  const flags = [
    '--expose-gc',
    '--max-semi-space-size=256',
    '--min-semi-space-size=256',
    '--import',
    'tsx',
  ];
  const child = spawnSync(
    process.execPath,
    [...flags, fileURLToPath(module), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  process.exitCode = child.status ?? 1;
}

/** A line for each result, with how many times as long it takes as the first. */
export function print(title: string, results: readonly Result[], bytes?: readonly number[]): void {
  const first = results[0]!;
  console.log(`\n${title}`);
  for (const [at, { name, ns }] of results.entries()) {
    const ratio = at === 0 ? '' : `${(ns / first.ns).toFixed(1)}x`;
    const heap = bytes === undefined ? '' : `${bytes[at]!.toFixed(0).padStart(6)} bytes a call`;
    console.log(
      `  ${name.padEnd(28)} ${ns.toFixed(1).padStart(9)} ns ${ratio.padStart(8)} ${heap}`,
    );
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
