import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './install.js';
import { UnavailableError } from './server.js';

/** Runs the Go on the PATH. */
export type Go = (args: readonly string[], options?: { cwd?: string; env?: NodeJS.ProcessEnv }) => Promise<string>;

/**
 * Lets `build` use Go with caches inside `folder`, which take near a gigabyte and are removed afterwards.
 * @throws UnavailableError where there is no Go
 */
export async function withGo(
  server: string,
  folder: string,
  build: (go: Go, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const program = which('go', '/usr/local/go/bin');
  if (program === undefined) throw new UnavailableError(server, 'it is built with Go 1.24 or newer, which is not on the PATH');
  const caches = join(folder, 'caches');
  mkdirSync(caches, { recursive: true });
  const goEnv: NodeJS.ProcessEnv = {
    PATH: `${join(program, '..')}:${process.env.PATH}`,
    GOPATH: join(caches, 'path'),
    GOMODCACHE: join(caches, 'modules'),
    GOCACHE: join(caches, 'builds'),
    GOFLAGS: '-buildvcs=false -modcacherw',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  };
  await build((args, { cwd, env } = {}) => run(program, args, { ...(cwd && { cwd }), env: { ...goEnv, ...env } }), goEnv);
  rmSync(caches, { recursive: true, force: true });
}
