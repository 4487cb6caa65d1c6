import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { INTERNALS } from '../exporters/delivery/internals.js';
import { newId, type Report } from '../exporters/index.js';
import { BullMQQueue } from '../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../exporters/queues/index.js';
import { toKanedaArguments } from '../exporters/queues/jobs/kaneda-call.js';
import { writeJson } from '../exporters/queues/jobs/python-json.js';
import { RQQueue } from '../exporters/queues/rq/index.js';
import { Tuple, writePickle } from '../exporters/queues/rq/pickle-writer.js';
import { MongoExporter } from '../exporters/stores/mongodb/index.js';
import { startMongo } from '../test/support/servers/ferretdb.js';
import { RabbitProcess, startRabbit } from '../test/support/servers/rabbitmq.js';
import { startRedis } from '../test/support/servers/redis.js';
import type { Server } from '../test/support/servers/server.js';
import { median } from './race.js';

/*
 * How many reports a second are enqueued, beside the best way of the raw client that carries Kaneda's five arguments alone; and how many a
 * worker moves into a store, beside the store's exporter alone. The two are run one after the other; the median of their ratios counts.
 * Of a worker also the microseconds that its process and the broker compute for each report: they say more on a busy machine.
 * Usage: queues.ts [reports] [rounds] [part of a name]
 */
const REPORTS = Number(process.argv[2] ?? 10_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const NAMED = process.argv[4] ?? '';
/** A worker runs for long: what it takes to connect is not to count for much. */
const WORKED = 3 * REPORTS;

/** As RabbitMQ 4 keeps every classic queue; up to 3.13 the default is version 1. https://www.rabbitmq.com/docs/classic-queues */
const VERSION_2 = 'celery-version-2';

const some = (count: number): Report[] =>
  Array.from({ length: count }, (_, i) => ({
    id: newId(),
    name: 'http.server.requests',
    metric: i % 4 === 0 ? 'timing' : 'counter',
    value: i / 8,
    tags: { route: `/items/${i % 50}`, status: 200 },
    timestamp: new Date(),
    host: 'web-1.example.org',
  }));

interface Contest {
  name: string;
  /** The raw client, in the way of it that was found fastest. */
  raw(reports: readonly Report[]): Promise<unknown>;
  ours(): ReportQueue;
  clear(): Promise<unknown>;
  /** Takes and acknowledges so many jobs with the raw client, and does nothing with them. */
  taken?(count: number): Promise<unknown>;
  /** Microseconds that the broker has computed since it was started. */
  brokerMicros(): Promise<number>;
}

/** Batches of the raw client. */
async function inBatches<T>(
  items: readonly T[],
  size: number,
  send: (batch: readonly T[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += size) await send(items.slice(from, from + size));
}

async function contests(
  redisUrl: string,
  rabbit: Server,
): Promise<{ all: Contest[]; end(): Promise<void> }> {
  const amqpUrl = rabbit.url;
  const redis = new Redis(redisUrl);
  const bull = new Queue('kaneda', { connection: redis });
  const amqp = await connect(amqpUrl);
  const channel = await amqp.createConfirmChannel();
  await channel.assertQueue('celery', { durable: true });
  await channel.assertQueue(VERSION_2, { durable: true, arguments: { 'x-queue-version': 2 } });
  const rq = (data: (report: Report) => string | Buffer) => (reports: readonly Report[]) =>
    inBatches(reports, 100, (batch) => {
      const ids = batch.map(() => randomUUID());
      const transaction = redis.multi().sadd('rq:queues', 'rq:queue:kaneda');
      const now = new Date().toISOString();
      batch.forEach((report, i) => {
        transaction.hset(`rq:job:${ids[i]}`, {
          data: data(report),
          description: 'kaneda.tasks.rq.report(...)',
          timeout: '180',
          origin: 'kaneda',
          status: 'queued',
          created_at: now,
          enqueued_at: now,
          result_ttl: '0',
        });
      });
      return transaction.rpush('rq:queue:kaneda', ...ids).exec();
    });
  // As one writes them by hand, with `JSON.stringify`.
  const message = (report: Report) => {
    const id = randomUUID();
    const args = [report.name, report.metric, report.value, report.tags, report.id];
    const headers = {
      ...{
        lang: 'py',
        task: 'kaneda.tasks.celery.report',
        id,
        root_id: id,
        parent_id: null,
        group: null,
        retries: 0,
      },
      ...{
        eta: null,
        expires: null,
        timelimit: [null, null],
        argsrepr: JSON.stringify(args),
        kwargsrepr: '{}',
        origin: 'gen1@host',
      },
    };
    return {
      id,
      headers,
      body: JSON.stringify([
        args,
        {},
        { callbacks: null, errbacks: null, chain: null, chord: null },
      ]),
    };
  };
  const envelope = ({ id, headers, body }: ReturnType<typeof message>) =>
    JSON.stringify({
      body: Buffer.from(body).toString('base64'),
      'content-encoding': 'utf-8',
      'content-type': 'application/json',
      headers,
      properties: {
        ...{
          correlation_id: id,
          reply_to: replyTo,
          delivery_mode: 2,
          priority: 0,
          body_encoding: 'base64',
        },
        ...{ delivery_info: { exchange: '', routing_key: 'celery' }, delivery_tag: randomUUID() },
      },
    });
  const replyTo = randomUUID();
  const flush = () => redis.flushall();
  const redisMicros = async () => {
    const seconds = (await redis.info('cpu')).matchAll(/^used_cpu_(?:sys|user):(.*)$/gm);
    return [...seconds].reduce((sum, [, each]) => sum + Number(each) * 1e6, 0);
  };
  // A broker of Compose does not tell.
  const rabbitMicros = async () =>
    rabbit instanceof RabbitProcess
      ? Number(rabbit.control('eval', 'element(1, erlang:statistics(runtime)).')) * 1e3
      : Number.NaN;
  const task = 'kaneda.tasks.rq.report';
  const onRabbit = (name: string, queue: string): Contest => ({
    name,
    raw: (reports) =>
      inBatches(reports, 100, async (batch) => {
        for (const report of batch) {
          const { id, headers, body } = message(report);
          const properties = {
            contentType: 'application/json',
            contentEncoding: 'utf-8',
            correlationId: id,
          };
          channel.sendToQueue(queue, Buffer.from(body), {
            ...properties,
            deliveryMode: 2,
            headers,
          });
        }
        await channel.waitForConfirms();
      }),
    ours: () => new CeleryQueue({ broker: amqpUrl, queueName: queue }),
    clear: () => channel.purgeQueue(queue),
    brokerMicros: rabbitMicros,
    taken: async (count) => {
      const consumer = await amqp.createChannel();
      await consumer.prefetch(5_000);
      await new Promise<void>((resolve) => {
        let taken = 0;
        void consumer.consume(queue, (message) => {
          if (++taken % 1_000 === 0) consumer.ack(message!, true);
          if (taken === count) resolve();
        });
      });
      await consumer.close();
    },
  });
  const all: Contest[] = [
    {
      name: 'RQ, pickle, 100 a MULTI',
      raw: rq((report) => writePickle([task, null, new Tuple(toKanedaArguments(report)), {}])),
      ours: () => new RQQueue({ redisUrl }),
      clear: flush,
      brokerMicros: redisMicros,
    },
    {
      name: 'RQ, JSON, 100 a MULTI',
      raw: rq((report) => writeJson([task, null, toKanedaArguments(report), {}])),
      ours: () => new RQQueue({ redisUrl, serializer: 'json' }),
      clear: flush,
      brokerMicros: redisMicros,
    },
    {
      name: 'Celery on Redis, LPUSH of 100',
      raw: (reports) =>
        inBatches(reports, 100, (batch) =>
          redis.lpush('celery', ...batch.map((report) => envelope(message(report)))),
        ),
      ours: () => new CeleryQueue({ broker: redisUrl }),
      clear: flush,
      brokerMicros: redisMicros,
    },
    onRabbit('Celery on RabbitMQ, 100 confirms', 'celery'),
    onRabbit('Celery on RabbitMQ, classic queue of version 2', VERSION_2),
    {
      name: 'BullMQ, addBulk of 1000',
      raw: (reports) =>
        inBatches(reports, 1_000, (batch) =>
          bull.addBulk(
            batch.map((report) => ({
              name: 'report',
              data: toKanedaArguments(report),
              opts: { removeOnComplete: true, removeOnFail: 1_000 },
            })),
          ),
        ),
      ours: () => new BullMQQueue({ redisUrl }),
      clear: flush,
      brokerMicros: redisMicros,
    },
  ];
  return {
    all,
    end: async () => {
      await bull.close();
      redis.disconnect();
      await amqp.close();
    },
  };
}

async function perSecond(reports: number, work: () => Promise<unknown>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return reports / (Number(process.hrtime.bigint() - begin) / 1e9);
}

function line(
  name: string,
  mine: readonly number[],
  theirs: readonly number[],
  against: string,
): void {
  const ratio = median(mine.map((each, round) => each / theirs[round]!));
  const speed = (each: readonly number[]) => `${median(each).toFixed(0).padStart(8)}/s`;
  console.log(
    `  ${name.padEnd(48)} ${speed(mine)}  ${against} ${speed(theirs)}  ${ratio.toFixed(2)}x`,
  );
}

async function enqueueing({ name, raw, ours, clear }: Contest): Promise<void> {
  const [mine, theirs]: [number[], number[]] = [[], []];
  const queue = ours();
  for (let round = -1; round < ROUNDS; round++) {
    const reports = some(REPORTS);
    const b = await perSecond(REPORTS, () => raw(reports));
    await clear();
    const a = await perSecond(REPORTS, async () => {
      queue[INTERNALS].accept(reports);
      await queue.forceFlush();
    });
    await clear();
    if (round >= 0) {
      mine.push(a);
      theirs.push(b);
    }
  }
  await queue.shutdown();
  line(name, mine, theirs, 'raw client');
}

async function working(contest: Contest, mongoUrl: string): Promise<void> {
  const { name, ours, clear, taken, brokerMicros } = contest;
  const [mine, theirs, bare]: [number[], number[], number[]] = [[], [], []];
  const [node, broker]: [number[], number[]] = [[], []];
  for (let round = -1; round < ROUNDS; round++) {
    const store = () =>
      new MongoExporter({ connectionUrl: mongoUrl, collectionName: `c${randomUUID()}` });
    const alone = store();
    const reports = some(WORKED);
    alone[INTERNALS].accept(reports.slice(0, 1));
    await alone.forceFlush();
    const b = await perSecond(WORKED, async () => {
      alone[INTERNALS].accept(reports.slice(1));
      await alone.forceFlush();
    });
    await alone.shutdown();
    await enqueued(ours(), reports);
    const backend = store();
    const worker = new Worker({ queue: ours(), backend });
    const brokerBefore = await brokerMicros();
    const before = process.cpuUsage();
    const a = await perSecond(WORKED, () => worker.run({ once: true }));
    const { user, system } = process.cpuUsage(before);
    const brokerUsed = (await brokerMicros()) - brokerBefore;
    if (worker.ledger().stored !== WORKED)
      throw new Error(`${name}: ${JSON.stringify(worker.ledger())}`);
    await worker.close();
    await clear();
    if (taken !== undefined) {
      await enqueued(ours(), reports);
      const c = await perSecond(WORKED, () => taken(WORKED));
      await clear();
      if (round >= 0) bare.push(c);
    }
    if (round >= 0) {
      mine.push(a);
      theirs.push(b);
      node.push((user + system) / WORKED);
      broker.push(brokerUsed / WORKED);
    }
  }
  line(name, mine, theirs, 'exporter alone');
  console.log(
    `    computed for a report: worker ${median(node).toFixed(1)} us, broker ${median(broker).toFixed(1)} us`,
  );
  if (bare.length > 0) line('  taken alone, by the raw client', bare, theirs, 'exporter alone');
}

async function enqueued(queue: ReportQueue, reports: readonly Report[]): Promise<void> {
  queue[INTERNALS].accept(reports);
  await queue.forceFlush();
  await queue.shutdown();
}

const [redis, rabbit, mongo] = [
  await startRedis({ own: true }),
  await startRabbit({ own: true }),
  await startMongo({ own: true }),
];
const { all, end } = await contests(redis.url, rabbit);
const chosen = all.filter(({ name }) => name.includes(NAMED));
console.log(`${REPORTS} reports, ${WORKED} for a worker, median of ${ROUNDS} rounds`);
console.log('\nEnqueued');
for (const contest of chosen) await enqueueing(contest);
console.log('\nMoved by a worker into MongoDB');
for (const contest of chosen) await working(contest, mongo.url);
await end();
await Promise.all([redis, rabbit, mongo].map((server) => server.stop()));
