import '../all-targets.js';
import type { Command } from 'commander';
import { portArgument } from '../port-argument.js';
import { builtPage, loadAssets } from './assets.js';
import { Board } from './board.js';
import { BoardServer } from './server.js';
import { sourceOf } from './sources.js';

/** 4-5-2-6: a port that no well-known service has. */
const PORT = 4526;

interface BoardOptions {
  port?: number;
  cells?: string;
}

/**
 * Adds `kaneda board [FILE] [--port P] [--cells DIRECTORY]`: a page in the browser with what was
 * stored and what runs.
 */
export function register(program: Command): void {
  program
    .command('board')
    .description('show what was stored, and the cells of running processes, in the browser')
    .argument('[file]', 'a log file; default: the store that the settings name')
    .option(
      '--port <number>',
      `port on 127.0.0.1; 0 picks a free one (default: ${PORT})`,
      portArgument,
    )
    .option('--cells <directory>', 'only processes that publish their cells in this directory')
    .action((file: string | undefined, options: BoardOptions) => show(file, options));
}

async function show(file: string | undefined, { port: wanted, cells }: BoardOptions) {
  const source = await sourceOf(file);
  const board = new Board(source, cells);
  const server = new BoardServer(await loadAssets(builtPage()), board.answers);
  const address = await listen(server, wanted);
  process.stdout.write(
    `kaneda board: ${address} shows ${source.name ?? 'running processes'}; Ctrl-C ends it\n`,
  );
  await untilSignalled();
  board.close();
  await server.close();
  await source.close();
}

/** Without a wish, another port will do where the usual one is taken. */
async function listen(server: BoardServer, wanted: number | undefined): Promise<string> {
  try {
    return await server.listen(wanted ?? PORT);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && wanted === undefined) return server.listen(0);
    if (code === 'EADDRINUSE')
      throw new Error(`port ${wanted} is in use: choose another --port, or leave it out`);
    if (code === 'EACCES')
      throw new Error(`this user is not permitted to use port ${wanted}: choose one above 1023`);
    throw error;
  }
}

function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
}
