import { type Outcome, type Report, ReportExporter } from '../../exporters/index.js';
import { BullMQQueue } from '../../exporters/queues/bullmq/index.js';
import { CeleryQueue } from '../../exporters/queues/celery/index.js';
import { type ReportQueue, Worker } from '../../exporters/queues/index.js';
import { RQQueue } from '../../exporters/queues/rq/index.js';
import { startRabbit } from '../../test/support/servers/rabbitmq.js';
import { startRedis } from '../../test/support/servers/redis.js';
import type { Server } from '../../test/support/servers/server.js';

/** An exporter or queue that an application uses while what is behind it is away. */
export interface Target {
  readonly module: string;
  readonly name: string;
  options(url: string): object;
  /** A queue's broker; nobody listens where a store should be. */
  readonly broker?: { start(): Promise<Server>; queue(url: string): ReportQueue };
}

const onRedis = () => startRedis({ own: true, durable: true });
const onRabbit = () => startRabbit({ own: true });
const nowhere = () => ({ host: '127.0.0.1', port: 1 });
const redisUrl = (redisUrl: string) => ({ redisUrl });
const broker = (broker: string) => ({ broker });
const queues = (folder: string) => `exporters/queues/${folder}/index.ts`;

export const TARGETS: Readonly<Record<string, Target>> = {
  MongoDB: { module: 'exporters/stores/mongodb/index.ts', name: 'MongoExporter', options: nowhere },
  RethinkDB: {
    module: 'exporters/stores/rethinkdb/index.ts',
    name: 'RethinkExporter',
    options: nowhere,
  },
  InfluxDB: {
    module: 'exporters/stores/influxdb/index.ts',
    name: 'InfluxExporter',
    options: nowhere,
  },
  RQ: {
    module: queues('rq'),
    name: 'RQQueue',
    options: redisUrl,
    broker: { start: onRedis, queue: (url) => new RQQueue(redisUrl(url)) },
  },
  'Celery on Redis': {
    module: queues('celery'),
    name: 'CeleryQueue',
    options: broker,
    broker: { start: onRedis, queue: (url) => new CeleryQueue(broker(url)) },
  },
  'Celery on RabbitMQ': {
    module: queues('celery'),
    name: 'CeleryQueue',
    options: broker,
    broker: { start: onRabbit, queue: (url) => new CeleryQueue(broker(url)) },
  },
  BullMQ: {
    module: queues('bullmq'),
    name: 'BullMQQueue',
    options: redisUrl,
    broker: { start: onRedis, queue: (url) => new BullMQQueue(redisUrl(url)) },
  },
};

/** Knows the ids of what it was given, and nothing else. */
class Census extends ReportExporter {
  readonly ids = new Set<string>();

  protected async write(reports: readonly Report[]): Promise<readonly Outcome[]> {
    for (const { id } of reports) this.ids.add(id);
    return reports.map(() => 'stored');
  }
}

/** What the broker holds, taken from it: different reports, and those that were there once more. */
export async function holdings(queue: ReportQueue): Promise<{ reports: number; again: number }> {
  const backend = new Census();
  const worker = new Worker({ queue, backend });
  await worker.run({ once: true });
  const { stored, refused } = worker.ledger();
  await worker.close();
  if (Object.keys(refused).length > 0) throw new Error(`no reports: ${JSON.stringify(refused)}`);
  return { reports: backend.ids.size, again: stored - backend.ids.size };
}
