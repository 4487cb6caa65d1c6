import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, locked, run, which } from './install.js';
import { UnavailableError } from './server.js';

/** Runs the Go on the PATH. */
export type Go = (
  args: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv },
) => Promise<string>;

let sharing = false;

/**
 * Lets `build` use Go, while nobody else does: a build takes all processors.
 * @throws UnavailableError where there is no Go
 */
export async function withGo(
  server: string,
  build: (go: Go, env: NodeJS.ProcessEnv) => Promise<void>,
): Promise<void> {
  const program = which('go', '/usr/local/go/bin');
  if (program === undefined)
    throw new UnavailableError(
      server,
      `put Go 1.24 or newer on the PATH to build it, or set TEST_${server.toUpperCase()}_URL`,
    );
  await locked('go', async () => {
    const env = environment(program);
    mkdirSync(caches(), { recursive: true });
    try {
      await build(
        (args, options = {}) => run(program, args, { ...options, env: { ...env, ...options.env } }),
        env,
      );
    } finally {
      if (!sharing) removeCaches();
    }
  });
}

/** Go's caches, near a gigabyte, are removed after each build; here after all of them, for what builds have in common. */
export async function sharingCaches(builds: () => Promise<void>): Promise<void> {
  sharing = true;
  try {
    await builds();
  } finally {
    sharing = false;
    await locked('go', async () => removeCaches());
  }
}

function environment(program: string): NodeJS.ProcessEnv {
  return {
    PATH: `${join(program, '..')}:${process.env.PATH}`,
    GOPATH: join(caches(), 'path'),
    GOMODCACHE: join(caches(), 'modules'),
    GOCACHE: join(caches(), 'builds'),
    GOFLAGS: '-buildvcs=false -modcacherw',
    GOTOOLCHAIN: 'local',
    CGO_ENABLED: '0',
  };
}

function caches(): string {
  return join(cacheFolder(), 'go');
}

function removeCaches(): void {
  rmSync(caches(), { recursive: true, force: true });
}
