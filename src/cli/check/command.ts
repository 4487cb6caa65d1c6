import '../all-targets.js';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { Fault } from '../../../exporters/errors.js';
import { forCheck, isSettingsError } from '../../settings/build.js';
import { ignoredBy, originsOf } from '../../settings/provenance.js';
import { loadSettings, type Settings } from '../../settings/settings.js';
import { type Checked, checkTarget, type Trial } from './target.js';

interface Options {
  setup?: boolean;
  write: boolean;
  json?: boolean;
}

/** The output of `kaneda check --json`. */
interface Result {
  ok: boolean;
  settings: Record<string, { value: unknown; from: string }>;
  /** Variables that begin with KANEDA_ and are not settings. */
  ignored: readonly string[];
  faults: readonly Fault[];
  checks: Checked[];
}

/**
 * Adds `kaneda check [--setup] [--no-write] [--json]`: reads the settings as the application would,
 * and tries its store and queue.
 */
export function register(program: Command): void {
  program
    .command('check')
    .description(
      'read the settings, reach the store and the queue, say what is wrong and how to fix it',
    )
    .option('--setup', 'first create what the store needs: database, tables, index template')
    .option('--no-write', 'write nothing: ask whether reports would be taken')
    .option('--json', 'one JSON value on standard output')
    .action(async ({ setup = false, write, json }: Options, command: Command) => {
      if (setup && !write) command.error('error: --setup writes: leave out --setup or --no-write');
      const result = await check({ setup, write });
      process.stdout.write(`${json ? JSON.stringify(result) : asText(result)}\n`);
      if (!result.ok) process.exitCode = 1;
    });
}

async function check(trial: Trial): Promise<Result> {
  const result: Result = { ok: false, settings: {}, ignored: [], faults: [], checks: [] };
  try {
    const settings = loadSettings();
    result.settings = withOrigins(settings);
    result.ignored = ignoredBy(settings);
    for (const { name, target, make } of forCheck(settings))
      result.checks.push(await checkTarget(name, target, make, trial));
  } catch (error) {
    if (!isSettingsError(error)) throw error;
    result.faults = error.faults;
  }
  result.ok = result.faults.length === 0 && result.checks.every((checked) => checked.ok);
  return result;
}

/** Settings as they may be shown, each with the place it comes from. */
function withOrigins(settings: Settings): Result['settings'] {
  const origins = originsOf(settings);
  return Object.fromEntries(
    Object.entries(settings.toJSON()).map(([name, value]) => [
      name,
      { value, from: origins[name] ?? 'default' },
    ]),
  );
}

function asText({ ok, settings, ignored, faults, checks }: Result): string {
  const shown = Object.entries(settings).filter(([, { from }]) => from !== 'default');
  const width = shown.reduce((most, [name]) => Math.max(most, name.length), 0);
  const lines = shown.map(
    ([name, { value, from }]) =>
      `  ${name.padEnd(width)}  ${JSON.stringify(value)}  ${pc.dim(from)}`,
  );
  if (lines.length > 0) lines.unshift(pc.bold('Settings'));
  for (const variable of ignored)
    lines.push(`${pc.yellow('!')} ${variable}: ignored, because no setting has this name`);
  for (const { path, reason, remedy } of faults)
    lines.push(`${pc.red('✗')} ${path}: ${reason}; ${remedy}`);
  for (const { name, target, address, ok: good, steps, remarks, remedy } of checks) {
    const sign = good ? pc.green('✓') : pc.red('✗');
    const where = address === undefined ? '' : ` (${address})`;
    lines.push(`${sign} ${name} ${pc.bold(target)}${where}: ${steps.join(', ')}`);
    if (remedy !== undefined) lines.push(`    ${remedy}`);
    for (const remark of remarks) lines.push(`  ${pc.yellow('!')} ${remark}`);
  }
  lines.push(ok ? pc.green('All checks passed.') : pc.red('Some checks failed.'));
  return lines.join('\n');
}
