import '../all-targets.js';
import { constants } from 'node:os';
import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { type Command, InvalidArgumentError } from 'commander';
import { Worker, type WorkerOptions } from '../../../exporters/queues/index.js';
import { forWorker } from '../../settings/build.js';
import { loadSettings } from '../../settings/settings.js';
import { portArgument } from '../port-argument.js';
import { HealthServer } from './health-server.js';
import { Progress } from './progress.js';

/**
 * Seconds that SIGTERM leaves for storing what is in hand: below the ten that Docker waits before
 * it kills.
 */
const CLOSE_TIMEOUT_S = 8;

interface Options {
  once?: boolean;
  concurrency?: number;
  batchSize?: number;
  timeout: number;
  healthPort?: number;
  healthHost: string;
}

/**
 * Adds `kaneda worker [--once] [--health-port P]`: from the queue into the store that the settings
 * name, until SIGTERM or, with `--once`, until it is drained.
 * @param load gives queue, store and sizes; the settings by default.
 */
export function register(
  program: Command,
  load: () => WorkerOptions = () => forWorker(loadSettings()),
): void {
  program
    .command('worker')
    .description('take reports from the queue and store them')
    .option('--once', 'store the waiting reports, then end')
    .option(
      '--concurrency <number>',
      'batches in hand at the same time (default: CONCURRENCY, else 4)',
      count,
    )
    .option('--batch-size <number>', 'reports per batch (default: BATCH_SIZE, else 1000)', count)
    .option(
      '--timeout <seconds>',
      'time after SIGTERM to store the reports in hand; the rest goes back to the queue',
      seconds,
      CLOSE_TIMEOUT_S,
    )
    .option(
      '--health-port <number>',
      'port for GET /live, /ready and /metrics; 0 picks a free one',
      portArgument,
    )
    .option('--health-host <host>', 'address that the health port listens on', '127.0.0.1')
    .action(async (options: Options) => {
      // To standard error: what is noticed once, in settings, queue and store.
      diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
      await work(load(), options);
    });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('A whole number above 0.');
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600))
    throw new InvalidArgumentError('Seconds, above 0 and at most 3600.');
  return value;
}

async function work(loaded: WorkerOptions, options: Options): Promise<void> {
  const { once = false, concurrency, batchSize, timeout } = options;
  const sizes = {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
  const worker = new Worker({ ...loaded, ...sizes });
  const health = await healthOf(worker, options);
  const progress = await Progress.of(worker, process.stdout);
  const deadline = { timeout: timeout * 1_000 };
  let asked = false;
  // Never removed: libraries that tidy up at a signal end the program when nobody else listens to
  // it.
  const stop = (signal: NodeJS.Signals): void => {
    // A second signal means: do not wait.
    if (asked) process.exit(128 + constants.signals[signal]);
    asked = true;
    progress.ending();
    health?.ending();
    void worker.close(deadline);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  progress.start();
  await worker.run({ once });
  await worker.close(deadline);
  progress.end();
  // A client that hangs must not keep the process alive: whatever it held is back in the queue.
  process.exit(0);
}

/** Listens before anything is taken from the queue: a port that is in use ends the program. */
async function healthOf(
  worker: Worker,
  { healthPort, healthHost }: Options,
): Promise<HealthServer | undefined> {
  if (healthPort === undefined) return undefined;
  const health = new HealthServer(worker);
  const address = await health.listen(healthPort, healthHost);
  process.stderr.write(`kaneda worker: ${address}/live, /ready, /metrics\n`);
  return health;
}
