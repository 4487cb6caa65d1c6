#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command } from 'commander';

/** A command's file: it is loaded when the command is used, or its help is wanted. */
interface CommandFile {
  register(program: Command): void;
}

const COMMANDS: Record<string, () => Promise<CommandFile>> = {
  demo: () => import('./demo/command.js'),
  check: () => import('./check/command.js'),
  worker: () => import('./worker/command.js'),
  top: () => import('./top/command.js'),
  read: () => import('./read/command.js'),
  board: () => import('./board/command.js'),
  report: () => import('./report/command.js'),
};

// A reader that ends early, such as head, is not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`kaneda: the output cannot be written: ${error.message}\n`);
  process.exit(1);
});
// A worker keeps storing even if nothing reads its messages.
process.stderr.on('error', () => undefined);

const { version } = createRequire(import.meta.url)('kaneda-otel/package.json') as {
  version: string;
};
const program = new Command('kaneda')
  .description('Stores and shows the metrics that applications record.')
  .version(version)
  .showHelpAfterError();
const wanted = COMMANDS[process.argv[2] ?? ''];
const loaders = wanted === undefined ? Object.values(COMMANDS) : [wanted];
for (const file of await Promise.all(loaders.map((load) => load()))) file.register(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`kaneda: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
