import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { startMongo } from '../support/servers/ferretdb.js';
import { ProcessServer, temporaryFolder } from '../support/servers/process.js';
import { TYPESCRIPT } from '../support/servers/program.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { startRedis } from '../support/servers/redis.js';
import type { Server } from '../support/servers/server.js';
import { COUNTER, type Counted, Counters, WHO } from './load.js';

/** The queues by the names that `--queue` takes, each with its broker and the settings that lead there. */
const QUEUES = {
  bullmq: {
    broker: startRedis,
    settings: (url: string) => ({ KANEDA_QUEUE: 'bullmq', KANEDA_BULLMQ_REDIS_URL: url }),
  },
  rq: {
    broker: startRedis,
    settings: (url: string) => ({ KANEDA_QUEUE: 'rq', KANEDA_RQ_REDIS_URL: url }),
  },
  'celery-redis': {
    broker: startRedis,
    settings: (url: string) => ({ KANEDA_QUEUE: 'celery', KANEDA_CELERY_BROKER: url }),
  },
  'celery-amqp': {
    broker: startRabbit,
    settings: (url: string) => ({ KANEDA_QUEUE: 'celery', KANEDA_CELERY_BROKER: url }),
  },
};
export type QueueName = keyof typeof QUEUES;
export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** What came of it. */
export interface ChaosResult {
  /** Reports whose enqueueing was acknowledged. */
  acknowledged: number;
  /** Increments of counters that were acknowledged. */
  counted: number;
  stored: number;
  /** Acknowledged and not in the store, or missing in a counter. */
  lost: number;
  /** In the store more than once, or counted and never recorded. */
  twice: number;
  /** Went to the dead letters, as far as the workers lived to say so. */
  dead: number;
  /** What each kill took. */
  kills: Record<string, number>;
}

/** Milliseconds in which everything must have arrived once the killing is over: a dead worker's jobs come back within a minute. */
const SETTLE = 120_000;

/**
 * An application that enqueues, a broker that writes to its disk, two workers and a store; in each round one of them is killed with
 * kill -9 and started again. In the end everything that was acknowledged must be in the store, once.
 * @param options.only the victims whose names begin so.
 */
export async function queueChaos(
  name: QueueName,
  rounds: number,
  { say = () => {}, only }: { say?: (text: string) => void; only?: string | undefined } = {},
): Promise<ChaosResult> {
  const { broker: start, settings } = QUEUES[name];
  const [broker, store] = [
    await start({ own: true, durable: true }),
    await startMongo({ own: true }),
  ];
  const env = {
    ...settings(broker.url),
    KANEDA_BACKEND: 'mongodb',
    KANEDA_MONGO_CONNECTION_URL: store.url,
  };
  const producer = child('producer', ['./producer.ts'], env);
  const workers = ['worker-1', 'worker-2'].map((worker) =>
    child(worker, ['../../src/cli/main.ts', 'worker', '--batch-size', '50'], env),
  );
  const victims: Record<string, Server> = {
    producer,
    broker,
    'worker 1': workers[0]!,
    'worker 2': workers[1]!,
    store,
  };
  const kills: Record<string, number> = {};
  try {
    await Promise.all([producer, ...workers].map((one) => one.start()));
    if (name === 'celery-amqp') await declared(broker, producer);
    for (let round = 1; round <= rounds; round++) {
      const [victim, server] = pick(
        Object.entries(victims).filter(([one]) => only === undefined || one.startsWith(only)),
      );
      await sleep(100 + Math.random() * 900);
      await server.kill();
      await sleep(Math.random() * 500);
      await server.start();
      kills[victim] = (kills[victim] ?? 0) + 1;
      say(
        `round ${round} of ${rounds}: killed the ${victim}; ${acknowledgedBy(producer).length} reports acknowledged`,
      );
    }
    await producer.stop();
    const acknowledged = acknowledgedBy(producer);
    const stored = await settled(store.url, acknowledged, countersOf(producer), say);
    return { acknowledged: acknowledged.length, ...stored, dead: deadLettersOf(workers), kills };
  } finally {
    await Promise.all([producer, ...workers].map((one) => one.stop()));
    if (process.env.CHAOS_KEEP === undefined)
      await Promise.all([broker, store].map((one) => one.stop()));
  }
}

/** RabbitMQ has a queue's declaration on disk a while after it answered: until then a kill takes the queue, and all that is in it. */
async function declared(broker: Server, producer: ProcessServer): Promise<void> {
  while (acknowledgedBy(producer).length === 0) await sleep(50);
  await broker.stop();
  await broker.start();
}

function pick<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)]!;
}

/** A program of ours as a process that can be killed; it is ready when it has said something. */
function child(
  name: string,
  [file, ...args]: readonly string[],
  settings: NodeJS.ProcessEnv,
): ProcessServer {
  let said = 0;
  const program = fileURLToPath(new URL(file!, import.meta.url));
  const server: ProcessServer = new ProcessServer({
    name,
    url: '',
    command: process.execPath,
    args: [...TYPESCRIPT, program, ...args],
    folder: temporaryFolder('chaos'),
    env: settings,
    prepare: () => {
      said = server.log.length;
    },
    ready: async () => server.log.length > said,
  });
  return server;
}

function acknowledgedBy(producer: ProcessServer): string[] {
  // The last line may have been cut by a kill: only what ends is counted.
  return producer.log
    .split('\n')
    .slice(0, -1)
    .filter((line) => /^[0-9a-f-]{36}$/.test(line));
}

/** What the producers have said of their counters; the last line may have been cut. */
function countersOf(producer: ProcessServer): Counters {
  const counters = new Counters();
  for (const line of producer.log.split('\n').slice(0, -1))
    if (/^\{"run":.*\}$/.test(line)) counters.take(JSON.parse(line) as Counted);
  return counters;
}

function deadLettersOf(workers: readonly ProcessServer[]): number {
  const counts = workers.flatMap(({ log }) => [
    ...log.matchAll(/"rejected":(\d+),"refused":(\d+)/g),
  ]);
  return Math.max(0, ...counts.map(([, rejected, refused]) => Number(rejected) + Number(refused)));
}

/** Waits until the store has everything, then counts. */
async function settled(
  url: string,
  acknowledged: readonly string[],
  counters: Counters,
  say: (text: string) => void,
): Promise<Pick<ChaosResult, 'counted' | 'stored' | 'lost' | 'twice'>> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000 });
  try {
    const collection = client
      .db('kaneda')
      .collection<{ _id: string; name: string; value: number; tags: { run: string; who: string } }>(
        'default',
      );
    for (const end = Date.now() + SETTLE; ; await sleep(500)) {
      const all = await collection.find().toArray();
      const documents = all.filter(({ name }) => name !== COUNTER);
      const sums = counters.compare(
        all.flatMap(({ name, value, tags }) => (name === COUNTER ? [{ ...tags, value }] : [])),
        WHO.slice(0, 2),
      );
      const ids = new Set(documents.map(({ _id }) => _id));
      const lost = acknowledged.filter((id) => !ids.has(id)).length;
      if (lost + sums.lost > 0 && Date.now() < end) continue;
      // A report that lost its id on the way would be there under another one.
      if (lost > 0) say(`lost: ${acknowledged.filter((id) => !ids.has(id)).join(' ')}`);
      const contents = new Set(documents.map(({ value, tags }) => `${tags.run} ${value}`));
      return {
        counted: sums.counted,
        stored: all.length,
        lost: lost + sums.lost,
        twice: documents.length - contents.size + sums.twice,
      };
    }
  } finally {
    await client.close();
  }
}
