import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Go, withGo } from './go.js';
import { installed, run } from './install.js';

/** A program of a Go module. */
export interface GoProgram {
  /** The server's name, as in `TEST_<NAME>_URL`. */
  readonly server: string;
  readonly module: string;
  /** With its `v`. */
  readonly version: string;
  /** The package within the module: `./cmd/influxd`. */
  readonly package: string;
  /** The file that is made. */
  readonly program: string;
  /** Build tags. */
  readonly tags?: string;
  /** Makes the sources ready, and gives what the build's environment needs besides. */
  prepare?(source: string, go: Go): Promise<NodeJS.ProcessEnv>;
}

/** The path of the program, built on first use. The module is fetched by its exact version. */
export async function goProgram(wanted: GoProgram): Promise<string> {
  const { server, program, version } = wanted;
  const folder = await installed(server, `${server}-${version.slice(1)}`, (into) =>
    withGo(server, (go) => build(go, wanted, into)),
  );
  return join(folder, program);
}

async function build(go: Go, wanted: GoProgram, folder: string): Promise<void> {
  const { module, version, program } = wanted;
  const { Dir } = JSON.parse(await go(['mod', 'download', '-json', `${module}@${version}`])) as {
    Dir: string;
  };
  const source = join(folder, 'source');
  cpSync(Dir, source, { recursive: true });
  await run('chmod', ['-R', 'u+w', source]);
  const env = (await wanted.prepare?.(source, go)) ?? {};
  const output = join(folder, program);
  const flags = ['-trimpath', '-ldflags=-s -w', '-tags', wanted.tags ?? '', '-o', output];
  await go(['build', ...flags, wanted.package], { cwd: source, env });
  rmSync(source, { recursive: true });
}
