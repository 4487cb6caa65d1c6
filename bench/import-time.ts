/**
 * What importing the package costs a program that has OpenTelemetry loaded already, against the first build of it, which was not bundled:
 * each import in a process of its own, in turns. `npm run build` first; the first build is compiled from the history.
 *
 *     npx tsx bench/import-time.ts
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { median } from './race.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIRST_BUILD = 'daa025f';
const ROUNDS = 15;
const PROGRAM = `
  await import('@opentelemetry/api');
  await import('@opentelemetry/sdk-metrics');
  const begin = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - begin));`;

if (!existsSync(join(ROOT, 'dist/index.mjs'))) throw new Error('dist/ is empty: npm run build');
const first = firstBuild();
try {
  raced('kaneda-otel', join(ROOT, 'dist/index.mjs'), join(first, 'dist/src/index.js'));
  const cantal = join(first, 'dist/src/cantal/index.js');
  raced('kaneda-otel/cantal', join(ROOT, 'dist/cantal.mjs'), cantal);
} finally {
  rmSync(first, { recursive: true });
}

/** Compiles the sources of the first build in a folder from where today's dependencies are found; gives the folder. */
function firstBuild(): string {
  const parent = join(ROOT, 'node_modules/.cache');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'first-build-'));
  const archive = execFileSync('git', ['archive', FIRST_BUILD], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['x', '-C', folder], { input: archive });
  // Clients are newer today, so types differ; tsc writes the JavaScript all the same.
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: folder });
  if (existsSync(join(folder, 'dist/src/index.js'))) return folder;
  throw new Error(`tsc wrote no dist/src/index.js for ${FIRST_BUILD}`);
}

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
