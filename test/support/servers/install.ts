import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { alive } from './process.js';
import { UnavailableError } from './server.js';

const execute = promisify(execFile);

/** A lock older than this belongs to nobody: the longest install takes a tenth of it. */
const STALE_AFTER = 20 * 60_000;

/** Where programs are kept between runs, outside of the work tree. */
export function cacheFolder(): string {
  const folder = process.env.KANEDA_TEST_CACHE ?? join(homedir(), '.cache', 'kaneda-otel-servers');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a program to its end and gives its standard output. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const { env, ...rest } = options;
  const settings = {
    ...rest,
    env: { ...process.env, ...env },
    maxBuffer: 64 << 20,
    encoding: 'utf8' as const,
  };
  return (await execute(command, [...args], settings)).stdout;
}

/** The full path of a program on the PATH (or in one more folder), if it is there. */
export function which(program: string, ...more: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...more].filter(
    (folder) => folder !== '',
  );
  return folders.map((folder) => join(folder, program)).find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The cached folder of that name; made by `install` in a temporary one and renamed when complete, so that a half-made
 * install is never used. Names carry the version.
 * @throws UnavailableError when the install fails
 */
export async function installed(
  server: string,
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cacheFolder(), name);
  if (existsSync(target)) return target;
  return locked(name, async () => {
    if (existsSync(target)) return target;
    const folder = `${target}.${process.pid}.part`;
    mkdirSync(folder, { recursive: true });
    try {
      await install(folder);
      renameSync(folder, target);
      return target;
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      throw new UnavailableError(server, `its install failed: ${failureText(error)}`, {
        cause: error,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/**
 * The path of a program, installed by apt if need be.
 * @throws UnavailableError without apt or without the right to use it
 */
export async function fromApt(
  server: string,
  program: string,
  aptPackage: string,
  ...more: readonly string[]
): Promise<string> {
  const found = which(program, ...more);
  if (found !== undefined) return found;
  const variable = `TEST_${server.toUpperCase()}_URL`;
  if (process.getuid?.() !== 0 || which('apt-get') === undefined) {
    throw new UnavailableError(
      server,
      `put ${program} on the PATH (Debian: apt-get install ${aptPackage}), or set ${variable}`,
    );
  }
  return locked('apt', async () => {
    if (which(program, ...more) === undefined) await aptInstall(server, aptPackage);
    const path = which(program, ...more);
    if (path === undefined)
      throw new UnavailableError(server, `${aptPackage} brings no ${program}`);
    return path;
  });
}

async function aptInstall(server: string, aptPackage: string): Promise<void> {
  // Its exit code tells the package's install script to start no service.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-o', 'DPkg::Lock::Timeout=300', '-q', '-y'];
  try {
    await run('apt-get', [...patience, 'update'], { env });
    await run('apt-get', [...patience, 'install', '--no-install-recommends', aptPackage], { env });
  } catch (error) {
    throw new UnavailableError(
      server,
      `apt-get install ${aptPackage} failed: ${failureText(error)}`,
      { cause: error },
    );
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** Runs `action` while no other process on this machine holds the lock of that name. */
export async function locked<T>(name: string, action: () => Promise<T>): Promise<T> {
  const lock = join(cacheFolder(), `${name}.lock`);
  while (!tryLock(lock)) {
    await breakStale(lock);
    await sleep(100);
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Two who break it at once both install; the rename at the end makes that harmless. */
async function breakStale(lock: string): Promise<void> {
  try {
    const owner = Number(await readFile(lock, 'utf8'));
    const age = Date.now() - statSync(lock).mtimeMs;
    // An empty file is a lock just being written.
    if (age > STALE_AFTER || (owner > 0 && !alive(owner))) unlinkSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function failureText(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').slice(-6).join('\n');
}
