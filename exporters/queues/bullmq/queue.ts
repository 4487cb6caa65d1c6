import type { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { Fault } from '../../errors.js';
import type { ExporterOptions } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled, notLoaded } from '../../setup/assert-installed.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';
import { exportsOf } from '../../setup/package-loading.js';
import { registerTarget } from '../../setup/registry.js';
import { keyPrefixFault, oneWay, targetOf, urlOf } from '../broker-options.js';
import { enqueue } from '../producing/enqueue.js';
import { CLUSTER_REMEDY, hasHashTag, isCluster } from '../redis/cluster.js';
import { explainRedisError } from '../redis/explain-redis-error.js';
import { withinLimit } from '../redis/job-size.js';
import { PendingAnswerGuard } from '../redis/pending-answer-guard.js';
import { probeRedis } from '../redis/probe.js';
import { RedisLink } from '../redis/redis-link.js';
import { type Delivery, ReportQueue, type TakeContext } from '../report-queue.js';
import { BullMQConsumer } from './consumer.js';
import { jobOf } from './message.js';

/** Options of {@link BullMQQueue}. */
export interface BullMQQueueOptions extends ExporterOptions {
  /** A Queue of the application's, on ioredis, used as it is. */
  queue?: Queue;
  /** A connection of the application's, used as it is. */
  connection?: Redis | Cluster;
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  redisUrl?: string;
  /** Default `kaneda`; a `queue` that is given has its own. */
  queueName?: string;
}

/** BullMQ parts its keys by colons. */
const queueName = (value: unknown) =>
  rules.text(value) ?? (String(value).includes(':') ? 'must not contain colons' : undefined);

const NAME = 'BullMQQueue';
const RULES: OptionRules = {
  queue: rules.having('addBulk', 'waitUntilReady'),
  connection: (value) => rules.having('multi', 'duplicate')(value) ?? keyPrefixFault(value),
  redisUrl: urlOf('redis', 'rediss'),
  queueName,
};

/**
 * Hands reports to a queue of BullMQ (https://docs.bullmq.io), Node's own: one job a report, many
 * in one transaction.
 * @throws SettingsError for faulty options, ImproperlyConfiguredError when bullmq or ioredis is not
 * installed.
 */
export class BullMQQueue extends ReportQueue {
  readonly #given: Queue | undefined;
  readonly #queueName: string;
  readonly #link: RedisLink;
  readonly #beside: RedisLink;
  readonly #patience = new PendingAnswerGuard();
  #made: { redis: Redis; queue: Queue } | undefined;
  #consumer: BullMQConsumer | undefined;

  /**
   * @throws SettingsError for faulty options, ImproperlyConfiguredError when bullmq or ioredis is
   * not installed.
   */
  constructor(options: BullMQQueueOptions = {}) {
    super(options, {
      name: NAME,
      rules: RULES,
      defaults: { ownClient: options?.redisUrl !== undefined },
      faults: (given: BullMQQueueOptions) => [
        ...oneWay('queue', 'connection', 'redisUrl')(given),
        ...slotFaults(given),
      ],
      secrets: (given: BullMQQueueOptions) => secretsOf(given.redisUrl),
      target: (given: BullMQQueueOptions) =>
        targetOf(given.redisUrl, given.connection ?? given.queue),
    });
    const { queue, connection, redisUrl } = options;
    assertInstalled(NAME, 'bullmq', '6');
    if (redisUrl !== undefined) assertInstalled(NAME, 'ioredis', '6');
    this.#given = queue;
    this.#queueName = queue?.name ?? options.queueName?.trim() ?? 'kaneda';
    this.#link = RedisLink.to(connection as Redis | undefined, redisUrl, options.connectTimeout);
    this.#beside =
      queue === undefined && connection === undefined
        ? RedisLink.to(undefined, redisUrl, options.connectTimeout)
        : RedisLink.beside(async () => connection ?? clientOf(queue!));
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    this.#consumer ??= new BullMQConsumer(this.#beside, this.#queueName, this.#given?.opts.prefix);
    return this.#consumer.take(context);
  }

  protected override async connect(): Promise<void> {
    if (this.#given === undefined) await this.#queueOn(await this.#link.open());
  }

  protected override async probe({ signal }: WriteContext): Promise<readonly string[]> {
    const given = this.#given;
    if (given === undefined) return this.#link.run(signal, probeRedis);
    return this.#onGiven(given, signal, probeRedis);
  }

  protected override write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    const given = this.#given;
    const through = async (queue: Queue, redis: Redis) => {
      const { sizeLimit } = queue.opts.defaultJobOptions ?? {};
      return enqueue(reports, {
        jobOf: await withinLimit(
          redis,
          reports,
          (report) => jobOf(report, sizeLimit),
          ({ data }) => [JSON.stringify(data)],
        ),
        send: async (jobs) => void (await queue.addBulk([...jobs])),
        signal,
      });
    };
    if (given !== undefined) return this.#onGiven(given, signal, (redis) => through(given, redis));
    return this.#link.run(signal, async (redis) => through(await this.#queueOn(redis), redis));
  }

  /** Runs commands on the connection of a Queue that was given. */
  async #onGiven<T>(
    queue: Queue,
    signal: AbortSignal,
    commands: (redis: Redis) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#patience.wait(signal, async () => commands(await clientOf(queue)));
    } catch (error) {
      throw explainRedisError(error);
    }
  }

  protected override async disconnect(): Promise<void> {
    await this.#consumer?.leave();
    await this.#made?.queue.close().catch(() => {});
    this.#link.close();
  }

  /**
   * BullMQ's Queue keeps to the connection it was made with: each new connection gets a new one.
   */
  async #queueOn(redis: Redis): Promise<Queue> {
    if (this.#made?.redis === redis) return this.#made.queue;
    const { Queue } = await import('bullmq').catch(notLoaded(NAME, 'bullmq', '6')).then(exportsOf);
    void this.#made?.queue.close().catch(() => {});
    const queue = new Queue(this.#queueName, { connection: redis });
    queue.on('error', () => {});
    this.#made = { redis, queue };
    return queue;
  }
}

registerTarget('bullmq', BullMQQueue);

/** BullMQ's scripts touch several keys of a queue, which a Cluster wants in one slot. */
function slotFaults({ queue, connection, queueName = '' }: BullMQQueueOptions): Fault[] {
  const used = queue === undefined ? connection : queue?.opts?.connection;
  if (!isCluster(used)) return [];
  const prefix = queue?.opts.prefix ?? 'bull';
  if (hasHashTag(`${prefix}:${queue?.name ?? queueName}`)) return [];
  return [
    {
      path: queue === undefined ? 'queueName' : 'queue',
      reason: `its keys are spread over the slots of a Redis Cluster (prefix '${prefix}')`,
      remedy: CLUSTER_REMEDY,
    },
  ];
}

/** The connection of a Queue: since BullMQ 6 its backend has it. */
async function clientOf(queue: Queue): Promise<Redis> {
  const { backend = queue } = queue as { backend?: unknown };
  return (await (backend as { client: Promise<unknown> }).client) as Redis;
}
