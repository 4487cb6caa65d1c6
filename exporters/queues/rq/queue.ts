import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { ExporterOptions } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';
import { registerTarget } from '../../setup/registry.js';
import { oneWay, plainRedis, targetOf, urlOf } from '../broker-options.js';
import { enqueue } from '../producing/enqueue.js';
import { RedisConsumer } from '../redis/consumer.js';
import { withinLimit } from '../redis/job-size.js';
import { probeRedis } from '../redis/probe.js';
import { RedisLink } from '../redis/redis-link.js';
import { type Delivery, ReportQueue, type TakeContext } from '../report-queue.js';
import { RQCommands } from './commands.js';
import { type Job, jobOf, type Serializer, sharedFields } from './message.js';
import { ENQUEUE, type ROW } from './scripts.js';

/** Options of {@link RQQueue}. */
export interface RQQueueOptions extends ExporterOptions {
  /** A connection of the application's, used as it is. */
  connection?: Redis;
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  redisUrl?: string;
  /** Default `kaneda`. */
  queueName?: string;
  /**
   * The format that the Python workers read: `pickle`, RQ's default, or `json` for workers with
   * `--serializer rq.serializers.JSONSerializer`.
   */
  serializer?: Serializer;
}

const NAME = 'RQQueue';
const RULES: OptionRules = {
  connection: plainRedis('evalsha', 'duplicate'),
  redisUrl: urlOf('redis', 'rediss'),
  queueName: rules.text,
  serializer: rules.oneOf('pickle', 'json'),
};

/**
 * Hands reports to a queue of RQ (https://python-rq.org), for Python workers with Kaneda or for
 * ours.
 * @throws SettingsError for faulty options, ImproperlyConfiguredError when ioredis is not
 * installed.
 */
export class RQQueue extends ReportQueue {
  readonly #queueName: string;
  readonly #serializer: Serializer;
  readonly #link: RedisLink;
  readonly #consumer: RedisConsumer<typeof ROW>;

  /**
   * @throws SettingsError for faulty options, ImproperlyConfiguredError when ioredis is not
   * installed.
   */
  constructor(options: RQQueueOptions = {}) {
    super(options, {
      name: NAME,
      rules: RULES,
      defaults: { ownClient: options?.redisUrl !== undefined },
      faults: oneWay('connection', 'redisUrl'),
      secrets: (given: RQQueueOptions) => secretsOf(given.redisUrl),
      target: (given: RQQueueOptions) => targetOf(given.redisUrl, given.connection),
    });
    const { connection, redisUrl, queueName = 'kaneda', serializer = 'pickle' } = options;
    if (connection === undefined) assertInstalled(NAME, 'ioredis', '6');
    this.#queueName = queueName.trim();
    this.#serializer = serializer;
    this.#link = RedisLink.to(connection, redisUrl, options.connectTimeout);
    const commands = new RQCommands(this.#queueName);
    this.#consumer = new RedisConsumer(this.#link, randomUUID(), commands);
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    return this.#consumer.take(context);
  }

  protected override async connect(): Promise<void> {
    await this.#link.open();
  }

  protected override probe({ signal }: WriteContext): Promise<readonly string[]> {
    return this.#link.run(signal, probeRedis);
  }

  protected override write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    return this.#link.run(signal, async (redis) => {
      const made = await withinLimit(
        redis,
        reports,
        (report) => jobOf(report, this.#serializer),
        ({ data, report, description }) => [data, report, description],
      );
      const send = (jobs: readonly Job[]) => this.#enqueue(redis, jobs);
      return enqueue(reports, { jobOf: made, send, signal });
    });
  }

  protected override async disconnect(): Promise<void> {
    await this.#consumer.leave().catch(() => {});
    this.#link.close();
  }

  async #enqueue(redis: Redis, jobs: readonly Job[]): Promise<void> {
    const shared = sharedFields(this.#queueName);
    const args: (string | number | Buffer)[] = [shared.length, ...shared];
    for (const { id, description, data, report } of jobs) args.push(id, description, data, report);
    await ENQUEUE.run(redis, [`rq:queue:${this.#queueName}`], args);
  }
}

registerTarget('rq', RQQueue);
