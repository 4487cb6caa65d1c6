/**
 * What importing the package costs a program that has OpenTelemetry loaded already, against the first build of it, which was not bundled:
 * each import in a process of its own, in turns. `npm run build` first; the first build is compiled from the history.
 *
 *     npx tsx bench/import-time.ts
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { firstBuild, ROOT, todaysBuild } from './first-build.js';
import { median } from './race.js';

const ROUNDS = 15;
const PROGRAM = `
  await import('@opentelemetry/api');
  await import('@opentelemetry/sdk-metrics');
  const begin = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - begin));`;

const first = join(firstBuild(), 'dist/src');
raced('kaneda-otel', join(todaysBuild(), 'index.mjs'), join(first, 'index.js'));
raced('kaneda-otel/cantal', join(todaysBuild(), 'cantal.mjs'), join(first, 'cantal/index.js'));

function raced(name: string, today: string, first: string): void {
  const times = { today: [] as number[], first: [] as number[] };
  for (let round = -2; round < ROUNDS; round++) {
    const took = { today: imported(today), first: imported(first) };
    if (round < 0) continue;
    times.today.push(took.today);
    times.first.push(took.first);
  }
  const fastest = Math.min(...times.today) / Math.min(...times.first);
  const usual = median(times.today) / median(times.first);
  console.log(`\n${name}`);
  for (const [build, taken] of Object.entries(times))
    console.log(
      `  ${build.padEnd(6)} ${ms(Math.min(...taken))} at least, ${ms(median(taken))} median`,
    );
  console.log(`  today / first: ${fastest.toFixed(2)} at least, ${usual.toFixed(2)} median`);
}

/** Milliseconds that a new process takes to import a file after OpenTelemetry. */
function imported(file: string): number {
  const args = ['--input-type=module', '--eval', PROGRAM, pathToFileURL(file).href];
  return Number(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}
