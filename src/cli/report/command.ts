import '../all-targets.js';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Problem } from '../../../exporters/problems/problem.js';
import { DURATION_FORM, durationMs } from '../../../exporters/reading/durations.js';
import { type Moment, momentMs, momentRule } from '../../../exporters/reading/moments.js';
import { queryOf } from '../../../exporters/reading/query.js';
import { summarizeStores } from '../../reading/summarize-stores.js';
import { PERCENTILES } from '../../reading/summary/options.js';
import type { Summary } from '../../reading/summary/summary.js';
import { asCsv, asJson } from './formats.js';
import { Progress } from './progress.js';
import { type Source, sourceOf } from './sources.js';
import { asTable } from './view.js';

/** A store is asked for the last hour before the end; a file is read whole. */
const SINCE = '1h';

interface Options {
  name?: string[];
  since?: string;
  until?: string;
  by?: string[];
  step?: string;
  json?: boolean;
  csv?: boolean;
}

/** Adds `kaneda report [NAME…] [FILE…]`: a table of what was stored. */
export function register(program: Command): void {
  program
    .command('report')
    .description('show what was stored: rates, counts, percentiles, errors')
    .argument(
      '[names-and-files...]',
      'names of metrics (default: all), and log files (default: the store that the settings name)',
    )
    .option('--name <name>', 'a name of a metric that looks like a file', oneMore)
    .option(
      '--since <time>',
      `a duration before now ${DURATION_FORM}, or a time; default for a store: ${SINCE} before the end`,
      moment,
    )
    .option('--until <time>', 'the same, for the end', moment)
    .option(
      '--by <tags>',
      'tags to group by, separated by commas; also host, instance and app_name',
      tags,
    )
    .option('--step <duration>', 'one row per time step', duration)
    .option('--json', 'one JSON value on standard output')
    .addOption(new Option('--csv', 'comma-separated values').conflicts('json'))
    .action(async (words: string[], options: Options) => {
      const problems: Problem[] = [];
      const source = sourceOf(words, options.name);
      const rows = await read(source, options, (problem) => problems.push(problem));
      process.stdout.write(`${formatRows(rows, options, source.bytes === undefined)}\n`);
      for (const { message } of problems) process.stderr.write(`${message}\n`);
    });
}

function moment(text: string): string {
  if (momentRule(text) === undefined) return text;
  throw new InvalidArgumentError(
    `A duration ${DURATION_FORM}, or a time like 2026-11-28T12:00:00Z.`,
  );
}

function duration(text: string): string {
  if (durationMs(text) !== undefined) return text;
  throw new InvalidArgumentError(`A duration ${DURATION_FORM}.`);
}

const tags = (text: string, before: string[] = []): string[] => [
  ...new Set([...before, ...text.split(',').filter((tag) => tag !== '')]),
];

const oneMore = (text: string, before: string[] = []): string[] => [...before, text];

const startBefore = (until: string | undefined): Moment =>
  until === undefined ? SINCE : momentMs(until)! - durationMs(SINCE)!;

async function read(
  { stores, names, bytes }: Source,
  { since, until, by = [], step }: Options,
  onProblem: (problem: Problem) => void,
): Promise<Summary[]> {
  const from = since ?? (bytes === undefined ? startBefore(until) : undefined);
  const progress = await Progress.of(process.stderr, bytes);
  const query = queryOf({
    ...(names.length > 0 && { names }),
    ...(from !== undefined && { since: from }),
    ...(until !== undefined && { until }),
    onProblem,
  });
  const options = { by, percentiles: PERCENTILES, ...(step !== undefined && { step }) };
  try {
    return await summarizeStores(stores, query, options, progress);
  } finally {
    progress.end();
  }
}

function formatRows(
  rows: readonly Summary[],
  { by = [], step, json, csv, since, until }: Options,
  isStore: boolean,
): string {
  if (json) return asJson(rows);
  if (csv) return asCsv(rows, by);
  if (rows.length > 0) return asTable(rows, by, step !== undefined);
  const isLastHour = isStore && since === undefined && until === undefined;
  return isLastHour
    ? 'Nothing was stored under these names in the last hour; --since 1d looks further back.'
    : 'Nothing was stored under these names in this time.';
}
