/**
 * `kaneda report` over a million reports in a log file, against `jq` that adds up one mean: time and the most memory, in turns, each in a
 * process of its own. Wants the build, `jq` and GNU `time`: `npm run build` first.
 *
 *     npx tsx bench/report.ts [reports]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toLine } from '../exporters/stores/logger/documents.js';
import { median } from './race.js';
import { reportOf } from './report-reports.js';

const REPORTS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 3;
const START = Date.parse('2026-03-01T10:00:00Z');
const MEAN = 'reduce inputs as $r ({s: 0, c: 0}; .s += $r.value | .c += 1) | .s / .c';

const cli = fileURLToPath(new URL('../dist/cli.mjs', import.meta.url));
if (!existsSync(cli)) throw new Error(`${cli} is not there: npm run build`);

async function write(file: string): Promise<void> {
  const out = createWriteStream(file);
  for (let i = 0; i < REPORTS; ) {
    let text = '';
    for (const until = Math.min(REPORTS, i + 5_000); i < until; i++)
      text += toLine(reportOf(i, START));
    if (!out.write(text)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => void out.end(() => resolve()));
}

interface Run {
  readonly seconds: number;
  readonly mib: number;
}

function timed(command: readonly string[]): Run {
  const begin = performance.now();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', '%M', ...command], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command[0]} failed: ${stderr}`);
  const kib = Number(stderr.trim().split('\n').at(-1));
  return { seconds: (performance.now() - begin) / 1_000, mib: kib / 1_024 };
}

execFileSync('jq', ['--version']);
const folder = mkdtempSync(join(tmpdir(), 'kaneda-bench-report-'));
try {
  const file = join(folder, 'metrics.log');
  await write(file);
  const racers = {
    jq: ['jq', '-n', MEAN, file],
    'kaneda report': [process.execPath, cli, 'report', file, '--by', 'route'],
  };
  const runs = Object.entries(racers).map(([name, command]) => ({
    name,
    command,
    all: [] as Run[],
  }));
  for (let round = 0; round < ROUNDS; round++)
    for (const { command, all } of runs) all.push(timed(command));
  const base = median(runs[0]!.all.map(({ seconds }) => seconds));
  for (const { name, all } of runs) {
    const seconds = median(all.map((run) => run.seconds));
    const mib = Math.max(...all.map((run) => run.mib));
    process.stdout.write(
      `${name.padEnd(14)} ${seconds.toFixed(2).padStart(7)} s  ${(base / seconds).toFixed(1)}x  ${mib.toFixed(0)} MiB at most\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
