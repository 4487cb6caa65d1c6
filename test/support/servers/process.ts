import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { note } from './reaper.js';
import type { Server } from './server.js';

/** Below the ports that systems give to outgoing connections: one of those could take it before the server does. */
const PORTS = { first: 10_000, count: 22_000 };

/** Of two that test in parallel, one has the even ports: a server listens only some time after its port was found free. */
const SHARE = Number(process.env.MOCHA_WORKER_ID ?? 0) % 2;
const given = new Set<number>();

/** A port of the loopback interface that nobody listens on, another one at each call. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + 2 * Math.floor((Math.random() * PORTS.count) / 2) + SHARE;
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A new folder that is removed when this process has ended. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kaneda-${name}-`));
  note('f+', folder);
  return folder;
}

/** How to run a server as a plain process. */
export interface Launch {
  name: string;
  url: string;
  command: string;
  args: readonly string[];
  /** Its own folder; the log goes there. */
  folder: string;
  env?: NodeJS.ProcessEnv;
  /** Where the server writes its process id, if the command is only a wrapper around it. */
  pidFile?: string;
  /** True once it can be used; throwing means not yet. */
  ready(): Promise<boolean>;
  /** Before each start. */
  prepare?(): Promise<void> | void;
  /** Milliseconds until it must be ready (default 180,000). */
  readyWithin?: number;
  /** Milliseconds it may take to end on SIGTERM, before kill -9 (default 15 000). */
  stopWithin?: number;
}

/** A server that runs as a process group of its own, so that wrappers and children go with it. */
export class ProcessServer implements Server {
  readonly own = true;
  private child: ChildProcess | undefined;

  constructor(protected readonly launch: Launch) {
    mkdirSync(launch.folder, { recursive: true });
  }

  get url(): string {
    return this.launch.url;
  }

  /** What it has printed. */
  get log(): string {
    return readText(this.logFile);
  }

  async start(): Promise<void> {
    if (this.child !== undefined) return;
    await this.launch.prepare?.();
    const log = openSync(this.logFile, 'a');
    const { command, args, folder, env } = this.launch;
    const child = spawn(command, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...env },
    });
    closeSync(log);
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    // A test that forgets to stop its server must not keep mocha waiting: the reaper does it.
    child.unref();
    this.child = child;
    if (child.pid !== undefined) note('g+', child.pid);
    const end = Date.now() + (this.launch.readyWithin ?? 180_000);
    while (!(await this.launch.ready().catch(() => false))) {
      const dead = failure !== undefined || child.exitCode !== null || child.signalCode !== null;
      if (!dead && Date.now() < end) {
        await sleep(20);
        continue;
      }
      if (!failure) await this.kill();
      this.child = undefined;
      const state = dead
        ? `ended with ${child.exitCode ?? child.signalCode ?? failure?.message}`
        : 'is not ready in time';
      throw new Error(
        `${this.launch.name} ${state}; the end of its log:\n${this.log.slice(-2_000)}`,
        { cause: failure },
      );
    }
  }

  async stop(): Promise<void> {
    const pids = this.pids();
    if (pids.length === 0) return;
    this.resume();
    signal(pids[0], 'SIGTERM');
    if (!(await gone(pids, this.launch.stopWithin ?? 15_000))) return this.kill();
    await this.reap(pids);
  }

  async kill(): Promise<void> {
    const pids = this.pids();
    signal(pids[0], 'SIGKILL');
    await this.reap(pids);
  }

  /** Returns when every thread has stopped: until then the server may still answer. */
  pause(): void {
    this.signalGroup('SIGSTOP');
    const end = Date.now() + PAUSE_LIMIT_MS;
    while (this.pids().some((pid) => !isStopped(pid)) && Date.now() < end);
  }

  resume(): void {
    this.signalGroup('SIGCONT');
  }

  /** The server's process id. */
  get pid(): number | undefined {
    return this.pids()[0];
  }

  /** The server's process first, then the wrapper's, if there is one. */
  private pids(): number[] {
    const own = this.child?.pid;
    if (own === undefined) return [];
    const { pidFile } = this.launch;
    const inner = pidFile === undefined ? 0 : Number.parseInt(readText(pidFile), 10);
    return inner > 0 && inner !== own ? [inner, own] : [own];
  }

  private async reap(pids: readonly number[]): Promise<void> {
    this.signalGroup('SIGKILL');
    if (!(await gone(pids, 30_000)))
      throw new Error(`${this.launch.name} (process ${pids.join(', ')}) survives kill -9`);
    const group = this.child?.pid;
    if (group !== undefined) note('g-', group);
    this.child = undefined;
  }

  private signalGroup(name: NodeJS.Signals): void {
    const group = this.child?.pid;
    if (group !== undefined) signal(-group, name);
  }

  private get logFile(): string {
    return join(this.launch.folder, `${this.launch.name}.log`);
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Milliseconds to wait for a process to stop. */
const PAUSE_LIMIT_MS = 5_000;

/** True if all threads of the process are stopped, or where there is no /proc to look. */
function isStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /\) [TtZX] /.test(readText(`/proc/${pid}/task/${thread}/stat`)),
    );
  } catch {
    return true;
  }
}

/** True if the process runs; a zombie that nobody has waited for does not, once its last thread, and so its files, are gone. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !/\) [ZX] /.test(readText(`/proc/${pid}/stat`)) || threads(pid) > 1;
}

function threads(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

async function gone(pids: readonly number[], within: number): Promise<boolean> {
  const end = Date.now() + within;
  while (pids.some(alive)) {
    if (Date.now() > end) return false;
    await sleep(10);
  }
  return true;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
