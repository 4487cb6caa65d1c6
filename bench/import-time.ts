/**
 * What importing the package costs a program, against what it is built on and against prom-client: each import in a process of its own,
 * in turns. Wants the build, because sources are slower: `npm run build` first.
 *
 *     npx tsx bench/import-time.ts [path of another build's index.js]
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROUNDS = 15;
const PROGRAM = `
  const begin = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - begin));`;

const ours = process.argv[2] ?? fileURLToPath(new URL('../dist/index.mjs', import.meta.url));
if (!existsSync(ours)) throw new Error(`${ours} is not there: npm run build`);

const racers: Record<string, string> = {
  'kaneda-otel': pathToFileURL(ours).href,
  '@opentelemetry/api': '@opentelemetry/api',
  '@opentelemetry/sdk-metrics': '@opentelemetry/sdk-metrics',
  'prom-client': 'prom-client',
};

const times = new Map(Object.keys(racers).map((name) => [name, [] as number[]]));
for (let round = -2; round < ROUNDS; round++) {
  for (const [name, specifier] of Object.entries(racers)) {
    const took = Number(
      execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, specifier], {
        encoding: 'utf8',
      }),
    );
    if (round >= 0) times.get(name)!.push(took);
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const base = median(times.get('kaneda-otel')!);
for (const [name, taken] of times) {
  const ms = median(taken);
  process.stdout.write(
    `${name.padEnd(28)} ${ms.toFixed(1).padStart(7)} ms  ${(ms / base).toFixed(2)}x\n`,
  );
}
