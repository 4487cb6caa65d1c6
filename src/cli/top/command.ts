import { type Command, InvalidArgumentError } from 'commander';
import { sleep } from '../../../exporters/timing/sleep.js';
import { Sampler } from './sampler.js';
import { draw } from './view.js';

interface TopOptions {
  once?: boolean;
  interval: number;
}

/** Adds `kaneda top [DIRECTORY] [--once]`: what all processes count, live, without their help. */
export function register(program: Command): void {
  program
    .command('top')
    .description('watch the metrics of all processes that publish them; q ends it')
    .argument(
      '[directory]',
      'only processes that publish there; default: where this user publishes, and CANTAL_PATH of running processes',
    )
    .option('--once', 'show them once, with rates over one interval')
    .option('--interval <seconds>', 'between readings', seconds, 1)
    .action(async (directory: string | undefined, options: TopOptions) => {
      const sampler = new Sampler(directory);
      if (options.once) await showOnce(sampler, options.interval);
      else if (process.stdout.isTTY) await watch(sampler, options.interval);
      else await print(sampler, options.interval);
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) throw new InvalidArgumentError('Seconds from 0.1 to 3600.');
  return value;
}

async function showOnce(sampler: Sampler, interval: number): Promise<void> {
  sampler.sample();
  await sleep(interval * 1000);
  process.stdout.write(`${draw(sampler.sample(), { color: false }).join('\n')}\n`);
}

/** Lines of plain text for a file or another program, again and again until that goes away. */
async function print(sampler: Sampler, interval: number): Promise<void> {
  let gone = false;
  process.stdout.once('error', () => {
    gone = true;
  });
  while (!gone) {
    process.stdout.write(`${draw(sampler.sample(), { color: false }).join('\n')}\n\n`);
    await sleep(interval * 1000);
  }
}

/** A picture that is drawn anew in place, until `q`, Ctrl-C or a signal; nothing of it stays on the terminal. */
async function watch(sampler: Sampler, interval: number): Promise<void> {
  const { default: logUpdate } = await import('log-update');
  const { stdin, stdout } = process;
  const end = new AbortController();
  const stop = (): void => end.abort();
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', '\u0003'].includes(key.toString())) stop();
  };
  const picture = (): void => {
    const rows = (stdout.rows ?? 24) - 2;
    const columns = stdout.columns ?? 80;
    logUpdate(
      ['kaneda top – q ends it', ...draw(sampler.sample(), { columns, rows, color: true })].join(
        '\n',
      ),
    );
  };
  if (stdin.isTTY) stdin.setRawMode(true).on('data', onKey).resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  try {
    while (!end.signal.aborted) {
      picture();
      await sleep(interval * 1000, { signal: end.signal });
    }
  } finally {
    logUpdate.clear();
    logUpdate.done();
    if (stdin.isTTY) stdin.setRawMode(false).off('data', onKey).pause();
  }
}
