import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import { BOARD_PAGE } from '../../board-page.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = `${ROOT}src/cli/main.ts`;
const TSX = import.meta.resolve('tsx');

/** Builds the page of `kaneda board`, and nothing else of the package. */
export async function buildPage(): Promise<void> {
  await build({ ...BOARD_PAGE, cwd: ROOT, config: false, logLevel: 'error' });
}

/** A `kaneda board` that runs. */
export class RunningBoard {
  readonly #program: readonly string[];
  #process: ChildProcess | undefined;
  url = '';

  /** `program`: Node's arguments that run the command; default: its sources. */
  constructor(program: readonly string[] = ['--import', TSX, MAIN]) {
    this.#program = program;
  }

  /** Starts it with arguments in a folder; the port is any that is free, unless one is given. */
  async start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    port = 0,
    cwd = ROOT,
  ): Promise<string> {
    const words = [...this.#program, 'board', ...args, '--port', String(port)];
    const child = spawn(process.execPath, words, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    let said = '';
    for await (const text of child.stdout) {
      said += text;
      const found = /http:\/\/\S+/.exec(said);
      if (found === null) continue;
      this.url = found[0];
      return this.url;
    }
    throw new Error(`kaneda board ended: ${said}`);
  }

  /** Ends it as Ctrl-C does. Resolves to its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    return (await ended)[0];
  }
}
