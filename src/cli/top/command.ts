import { readdirSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { sleep } from '../../../exporters/timing/sleep.js';
import { Sampler } from './sampler.js';
import { linesOf } from './view.js';
import { watch } from './watch.js';

interface Options {
  once?: boolean;
  interval: number;
  filter?: string;
  sum?: boolean;
}

type TopOptions = Options & Required<Pick<Options, 'filter' | 'sum'>>;

/** Adds `kaneda top [DIRECTORY] [--once]`: what all processes count, live, without their help. */
export function register(program: Command): void {
  program
    .command('top')
    .description('watch the metrics of all processes that publish them; q ends it')
    .argument(
      '[directory]',
      'only processes that publish in this directory; default: the directory of this user, and CANTAL_PATH of running processes',
    )
    .option('--once', 'show them once, with rates over one interval')
    .option('--interval <seconds>', 'between readings', seconds, 1)
    .option('--filter <text>', 'only metrics and processes whose name contains this text')
    .option('--sum', 'the sum of all live processes, such as the workers of a cluster')
    .action(async (directory: string | undefined, given: Options) => {
      const options = { ...given, filter: given.filter ?? '', sum: given.sum ?? false };
      const sampler = new Sampler(directory);
      if (options.once) {
        if (directory !== undefined) assertReadable(directory);
        await showOnce(sampler, options);
      } else if (process.stdout.isTTY) await watch(sampler, options);
      else await print(sampler, options);
    });
}

/** Throws for a directory that cannot be read; one that is watched may come later. */
function assertReadable(directory: string): void {
  try {
    readdirSync(directory);
  } catch (error) {
    throw new Error(
      `the directory ${directory} cannot be read (${(error as NodeJS.ErrnoException).code}): correct the path, or leave it out to see what this user publishes`,
      { cause: error },
    );
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) throw new InvalidArgumentError('Seconds from 0.1 to 3600.');
  return value;
}

async function showOnce(sampler: Sampler, { interval, ...selection }: TopOptions): Promise<void> {
  sampler.sample();
  await sleep(interval * 1000);
  process.stdout.write(`${linesOf(sampler.sample(), { ...selection, color: false }).join('\n')}\n`);
}

/** Lines of plain text for a file or another program, again and again until that goes away. */
async function print(sampler: Sampler, { interval, ...selection }: TopOptions): Promise<void> {
  let gone = false;
  process.stdout.once('error', () => {
    gone = true;
  });
  while (!gone) {
    const lines = linesOf(sampler.sample(), { ...selection, color: false });
    process.stdout.write(`${lines.join('\n')}\n\n`);
    await sleep(interval * 1000);
  }
}
