import type { Command } from 'commander';
import { type ProcessCells, readProcess } from '../../../bridges/observe-processes.js';
import { nameOf, notShown, printable, valueText } from '../text/cells.js';

/** Adds `kaneda read PATH [--json]`: the metrics of one process, now, without its help. */
export function register(program: Command): void {
  program
    .command('read')
    .description('show the metrics that a process publishes in PATH.meta and PATH.values')
    .argument('<path>', 'without .meta and .values')
    .option('--json', 'one JSON value on standard output; 64-bit numbers as decimal strings')
    .action((path: string, options: { json?: boolean }) => {
      const cells = readProcess(path);
      process.stdout.write(`${options.json ? asJson(cells) : asText(cells, Date.now())}\n`);
    });
}

function asJson(cells: ProcessCells): string {
  return JSON.stringify(cells, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

function asText({ path, pid, alive, metrics, skipped }: ProcessCells, now: number): string {
  const whose = pid === undefined ? '' : ` of process ${pid}`;
  const head = `${printable(path)}: ${metrics.length} metrics${whose}, ${alive ? 'alive' : 'dead'}${notShown(skipped)}`;
  const names = metrics.map(({ dimensions }) => nameOf(dimensions));
  const width = names.reduce((most, name) => Math.max(most, name.length), 0);
  const lines = metrics.map(
    ({ kind, value }, i) =>
      `${names[i]!.padEnd(width)}  ${kind.padEnd(7)}  ${valueText(value, now)}`,
  );
  return [head, ...lines].join('\n');
}
