import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/servers/process.js';
import type { Server } from '../support/servers/server.js';
import { type Acknowledged, type ChaosStore, STORES } from './stores.js';

/** What became of everything that the outbox acknowledged. */
export interface Counts {
  store: string;
  rounds: number;
  /** Times that each was killed. */
  killed: { application: number; store: number };
  acknowledged: number;
  stored: number;
  /** Acknowledged and not in the store: must be none. */
  lost: number;
  /** Stored more often than once: must be none, but for a log file. */
  twice: number;
  /** What the last application's ledger says it rejected or dropped. */
  refused: Record<string, number>;
}

/** Milliseconds: the longest an application runs before something is killed. */
const LONGEST = 900;

/**
 * Kills application, store or both, `rounds` times at random instants, each time starting again what was killed; then lets the outbox empty and
 * compares what it had acknowledged with what the store has.
 */
export async function bringChaos(
  name: string,
  rounds: number,
  said: (round: number) => void = () => {},
): Promise<Counts> {
  const store = STORES[name];
  if (store === undefined)
    throw new Error(`no such store: ${name}; known are ${Object.keys(STORES).join(', ')}`);
  const folder = temporaryFolder(`chaos-${name}`);
  const server = await store.start();
  const counts = { application: 0, store: 0 };
  const acknowledged: Acknowledged[] = [];
  const { module, exporter, options } = store.program(server?.url ?? '', folder);
  const outbox = { directory: join(folder, 'outbox') };
  const args = [module, exporter, JSON.stringify({ ...options, outbox, writeTimeout: 5_000 })];
  let application = new Application(args, acknowledged);
  try {
    for (let round = 1; round <= rounds; round++) {
      await application.begun();
      await sleep(Math.random() * LONGEST);
      const victim = server === undefined ? 0 : Math.floor(Math.random() * 3);
      await Promise.all([
        victim === 1 ? undefined : application.kill(),
        victim === 0 ? undefined : sleep(Math.random() * 20).then(() => restart(server!)),
      ]);
      if (victim !== 1) {
        counts.application += 1;
        application = new Application(args, acknowledged);
      }
      if (victim !== 0) counts.store += 1;
      said(round);
    }
    await application.kill();
    const refused = await drained(args);
    return {
      store: name,
      rounds,
      killed: counts,
      refused,
      ...(await compared(store, server, folder, acknowledged)),
    };
  } finally {
    await application.kill();
    await server?.stop();
  }
}

/** Some of the time the store is away, and what is recorded meanwhile waits. */
async function restart(server: Server): Promise<void> {
  await server.kill();
  await sleep(Math.random() * 300);
  await server.start();
}

async function compared(
  store: ChaosStore,
  server: Server | undefined,
  folder: string,
  acknowledged: readonly Acknowledged[],
) {
  const found = await store.found(server?.url ?? '', folder, acknowledged);
  const times = new Map<string, number>();
  for (const id of found) times.set(id, (times.get(id) ?? 0) + 1);
  return {
    acknowledged: acknowledged.length,
    stored: times.size,
    lost: acknowledged.filter(({ id }) => !times.has(id)).length,
    twice: [...times.values()].filter((count) => count > 1).length,
  };
}

const PROGRAM = fileURLToPath(new URL('./application.ts', import.meta.url));

/** A process that records; what it says is acknowledged. */
class Application {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly first: Promise<void>;

  constructor(args: readonly string[], acknowledged: Acknowledged[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args, 'record'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    const lines = createInterface({ input: child.stdout });
    // Not before the last line is read: what was said just before the end counts too.
    this.ended = new Promise((resolve) => lines.once('close', resolve));
    this.first = new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        resolve();
        for (const [id, time] of JSON.parse(line) as [string, number][])
          acknowledged.push({ id, time });
      });
      child.once('exit', (code) => reject(new Error(`the application ended by itself (${code})`)));
    });
    this.first.catch(() => {});
  }

  /** Resolves when it has said something. */
  begun(): Promise<void> {
    return this.first;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Runs one more application until the outbox, and what dead ones left, is empty. */
async function drained(args: readonly string[]): Promise<Record<string, number>> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args, 'drain'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { rejected, dropped } = JSON.parse(output) as Record<
    'rejected' | 'dropped',
    Record<string, number>
  >;
  return { ...rejected, ...dropped };
}
