import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../support/servers/install.js';
import { temporaryFolder } from '../support/servers/process.js';
import { install, MANIFEST, pack, ROOT } from './project.js';

/** A report as a line of the log file has it. */
export interface Line {
  readonly name: string;
  readonly metric: string;
  readonly value?: unknown;
  readonly count?: number;
  readonly tags?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

let packed: ReturnType<typeof pack> | undefined;

/** The tarball of the built package, packed once. */
export function tarball(): Promise<string> {
  packed ??= pack();
  return packed.then(({ tarball }) => tarball);
}

/** An application of `examples/` in a folder of its own, installed by its package.json with the packed package. */
export class Example {
  readonly #started: Running[] = [];

  private constructor(
    readonly name: string,
    readonly folder: string,
  ) {}

  /** A folder of its own with nothing in it, as a newcomer begins. */
  static empty(name: string): Example {
    return new Example(name, temporaryFolder(`example-${name}`));
  }

  /** Copies and installs it. @throws Error if its package.json wants another version of the package. */
  static async install(name: string): Promise<Example> {
    const source = join(ROOT, 'examples', name);
    const wanted = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')).dependencies;
    if (wanted['kaneda-otel'] !== `^${MANIFEST.version}`)
      throw new Error(`examples/${name} depends on kaneda-otel ${wanted['kaneda-otel']}`);
    const folder = temporaryFolder(`example-${name}`);
    cpSync(source, folder, {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|\.next)$/.test(path),
    });
    await install(folder, await tarball());
    return new Example(name, folder);
  }

  /** Runs a command line in its folder to the end; its standard output. */
  run(command: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    return run('sh', ['-c', command], { cwd: this.folder, env: this.#environment(env) });
  }

  /** Starts a script of its package.json on a free port, without npm between, which would take the signals. */
  start(script = 'start', env: NodeJS.ProcessEnv = {}): Running {
    const { scripts } = JSON.parse(readFileSync(join(this.folder, 'package.json'), 'utf8'));
    return this.launch(scripts[script], env);
  }

  /** Starts a command line in its folder. */
  launch(command: string, env: NodeJS.ProcessEnv = {}): Running {
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: this.folder,
      env: this.#environment({ PORT: '0', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const running = new Running(child);
    this.#started.push(running);
    return running;
  }

  /** The reports in `metrics.log`. */
  reports(file = 'metrics.log'): Line[] {
    const path = join(this.folder, file);
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line));
  }

  /** The sum of `value`, of a timing of `count`, over the stored reports of a name with these tags. */
  total(name: string, tags: Record<string, unknown> = {}): number {
    return this.reports()
      .filter((report) => report.name === name)
      .filter((report) =>
        Object.entries(tags).every(([key, value]) => report.tags?.[key] === value),
      )
      .reduce((sum, { count, value }) => sum + (count ?? Number(value)), 0);
  }

  /** Kills what was started and still runs. */
  end(): void {
    for (const running of this.#started) running.child.kill('SIGKILL');
  }

  #environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([key]) => !/^(KANEDA|OTEL|NODE_OPT)/.test(key));
    const path = [join(this.folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
    return { ...Object.fromEntries(own), ...env, PATH: path };
  }
}

/** A program of an example that runs. */
export class Running {
  output = '';

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** The first match in what it printed. @throws Error when it ends before, with what it printed. */
  async printed(expected: RegExp, withinMs = 60_000): Promise<RegExpExecArray> {
    const end = Date.now() + withinMs;
    for (;;) {
      const match = expected.exec(this.output);
      if (match !== null) return match;
      if (this.child.exitCode !== null || Date.now() > end)
        throw new Error(`it did not print ${expected}, but:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The address that it listens on. */
  async address(): Promise<string> {
    const [, port] = await this.printed(/(?:listening on |localhost:)(\d+)/);
    return `http://127.0.0.1:${port}`;
  }

  /** Ends it by a signal; its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    return child.exitCode;
  }
}

/** A POST of JSON; the status. */
export async function post(url: string, body: unknown): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.text();
  return response.status;
}
