import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../programs/cells/${name}`, import.meta.url));

/** A program of test/programs/cells that runs on its own. */
export class Child {
  readonly process: ChildProcess;
  #output = '';
  #wake: () => void = () => {};

  constructor(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, ['--import', 'tsx', fixture(name), ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.process.stdout?.on('data', (data: Buffer) => {
      this.#output += data;
      this.#wake();
    });
    this.process.on('exit', () => this.#wake());
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Whole lines that it printed so far. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Waits until it has printed `count` lines that match. */
  async printed(pattern: RegExp, count = 1): Promise<string[]> {
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line));
      if (found.length >= count) return found;
      if (this.process.exitCode !== null)
        throw new Error(
          `it ended with ${this.process.exitCode} after ${JSON.stringify(this.lines)}`,
        );
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}

/** Runs a program of test/programs/cells to its end, as another user if `uid` is given. */
export function runChild(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  node: readonly string[] = [],
  uid?: number,
) {
  const whole = { ...process.env, ...env };
  for (const [key, value] of Object.entries(env)) if (value === undefined) delete whole[key];
  return spawnSync(process.execPath, [...node, '--import', 'tsx', fixture(name), ...args], {
    env: whole,
    encoding: 'utf8',
    ...(uid !== undefined && { uid }),
  });
}
