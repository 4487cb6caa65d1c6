import { type ChildProcess, spawn } from 'node:child_process';
import { until } from '../until.js';
import { temporaryFolder } from './process.js';
import { KANEDA, TYPESCRIPT } from './program.js';

/** `kaneda worker` as a process of its own, in an empty folder and with no settings but these. */
export class WorkerProgram {
  output = '';
  code: number | null | undefined;
  readonly #child: ChildProcess;

  /** @param wrapper a command that runs the command behind it. */
  constructor(env: NodeJS.ProcessEnv, args: readonly string[], wrapper: readonly string[] = []) {
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('KANEDA_')),
    );
    const [command, ...rest] = [
      ...wrapper,
      process.execPath,
      ...TYPESCRIPT,
      KANEDA,
      'worker',
      ...args,
    ];
    this.#child = spawn(command!, rest, {
      cwd: temporaryFolder('worker'),
      env: { ...inherited, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text) => (this.output += text));
    // It may have ended.
    this.#child.stdin?.on('error', () => {});
    this.#child.on('close', (code) => {
      this.code = code;
    });
  }

  /** The JSON lines it has written. */
  get said(): Record<string, unknown>[] {
    const lines = this.output.split('\n').slice(0, -1);
    return lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Its exit code; null when it was killed. */
  async end(): Promise<number | null | undefined> {
    await until(() => this.code !== undefined);
    return this.code;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** To its standard input. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }
}
