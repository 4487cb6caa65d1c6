import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/servers/process.js';
import type { Server } from '../support/servers/server.js';
import { type Counted, Counters } from './load.js';
import { type Acknowledged, type ChaosStore, STORES } from './stores.js';

/** What became of everything that the outbox acknowledged. */
export interface Counts {
  store: string;
  rounds: number;
  /** Times that each was killed. */
  killed: { application: number; store: number };
  /** Applications that ended by themselves. */
  ended: number;
  acknowledged: number;
  /** Increments of counters that were acknowledged. */
  counted: number;
  stored: number;
  /** Acknowledged and not in the store, or missing in a counter: must be none. */
  lost: number;
  /** Stored more often than once, or counted and never recorded: must be none, but for a log file. */
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
  progress: (round: number) => void = () => {},
): Promise<Counts> {
  const store = STORES[name];
  if (store === undefined)
    throw new Error(`no such store: ${name}; known are ${Object.keys(STORES).join(', ')}`);
  const folder = temporaryFolder(`chaos-${name}`);
  const server = await store.start();
  const counts = { application: 0, store: 0 };
  const said: Said = { acknowledged: [], counters: new Counters() };
  let ended = 0;
  const { module, exporter, options } = store.program(server?.url ?? '', folder);
  const outbox = { directory: join(folder, 'outbox') };
  const args = [module, exporter, JSON.stringify({ ...options, outbox, writeTimeout: 5_000 })];
  let application = new Application(args, said);
  try {
    for (let round = 1; round <= rounds; round++) {
      await application.begun();
      await sleep(Math.random() * LONGEST);
      const victim = server === undefined ? 0 : Math.floor(Math.random() * 3);
      await Promise.all([
        victim === 1 ? undefined : application.kill(),
        victim === 0 ? undefined : sleep(Math.random() * 20).then(() => restart(server!)),
      ]);
      if (application.endedItself) ended += 1;
      else if (victim !== 1) counts.application += 1;
      if (application.endedItself || victim !== 1) application = new Application(args, said);
      if (victim !== 0) counts.store += 1;
      progress(round);
    }
    await application.kill();
    const refused = await drained(args);
    return {
      store: name,
      rounds,
      killed: counts,
      ended,
      refused,
      ...(await compared(store, server, folder, said)),
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
  { acknowledged, counters }: Said,
) {
  const found = await store.found(server?.url ?? '', folder, acknowledged);
  const { counted, lost, twice } = counters.compare(await store.counted(server?.url ?? '', folder));
  const times = new Map<string, number>();
  for (const id of found) times.set(id, (times.get(id) ?? 0) + 1);
  return {
    acknowledged: acknowledged.length,
    counted,
    stored: times.size,
    lost: lost + acknowledged.filter(({ id }) => !times.has(id)).length,
    twice: twice + [...times.values()].filter((count) => count > 1).length,
  };
}

const PROGRAM = fileURLToPath(new URL('./application.ts', import.meta.url));

/** What applications have said. */
interface Said {
  readonly acknowledged: Acknowledged[];
  readonly counters: Counters;
}

/** A process that records. */
class Application {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private readonly first: Promise<void>;

  /** It ended by itself, with everything handed over. */
  endedItself = false;

  constructor(args: readonly string[], { acknowledged, counters }: Said) {
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
        const what = JSON.parse(line) as [string, number][] | Counted;
        if (Array.isArray(what)) for (const [id, time] of what) acknowledged.push({ id, time });
        else counters.take(what);
      });
      child.once('exit', (code) => {
        this.endedItself = code === 0;
        reject(new Error(`the application ended by itself (${code})`));
      });
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
