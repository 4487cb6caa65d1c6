import type { ChannelModel } from 'amqplib';
import type { Redis } from 'ioredis';
import type { Outcome, WriteContext } from '../../delivery/store.js';
import { secretsOf } from '../../diagnostics/secrets.js';
import type { ExporterOptions } from '../../report-exporter.js';
import type { Report } from '../../reports/report.js';
import { assertInstalled } from '../../setup/assert-installed.js';
import type { Examination } from '../../setup/examination.js';
import { type OptionRules, rules } from '../../setup/option-rules.js';
import { registerTarget } from '../../setup/registry.js';
import { oneWay, plainRedis, targetOf } from '../broker-options.js';
import { type Delivery, ReportQueue, type TakeContext } from '../report-queue.js';
import { AmqpTransport } from './amqp/transport.js';
import { brokerRule, brokerUrls, isAmqpUrl } from './broker.js';
import { RedisTransport } from './redis/transport.js';
import type { Transport } from './transport.js';

/**
 * The part of a connection to Redis that is used; a connection of ioredis has it. Neither its own
 * type nor amqplib's is asked for here: a user of one broker has not installed the client of the
 * other.
 */
export interface RedisConnection {
  /** A Cluster has none. */
  readonly mode: string;
  /** Redis' `LPUSH`, by which ioredis is known. */
  lpush(key: string, ...elements: string[]): Promise<number>;
  /** Redis' `EVALSHA`, by which ioredis is known. */
  evalsha(sha: string, keyCount: number, ...rest: string[]): Promise<unknown>;
}

/**
 * The part of a connection to an AMQP broker that is used; the result of amqplib's `connect` has
 * it.
 */
export interface AmqpConnection {
  /** The connection below it. */
  readonly connection: object;
  /** Opens a channel to take jobs. */
  createChannel(): Promise<AmqpChannel>;
  /** Opens a channel whose messages the broker confirms. */
  createConfirmChannel(): Promise<AmqpChannel & { waitForConfirms(): Promise<void> }>;
  /** Listens to events of the connection. */
  // biome-ignore lint/suspicious/noExplicitAny: as the types for amqplib before 2
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Closes the connection. */
  close(): Promise<void>;
}

/** The mark of a channel of amqplib's promises. A channel of its callbacks would never answer. */
export interface AmqpChannel {
  /** Asks whether a queue exists. */
  checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
  /** Closes the channel. */
  close(): Promise<void>;
}

/** Options of {@link CeleryQueue}. */
export interface CeleryQueueOptions extends ExporterOptions {
  /** A connection of the application's, of ioredis or amqplib, used as it is. */
  connection?: RedisConnection | AmqpConnection;
  /**
   * A broker as Celery's `broker_url` has it: `redis://`, `rediss://`, `amqp://`, `pyamqp://` or
   * `amqps://`; several of a kind, parted by `;`, for failover.
   */
  broker?: string;
  /** Default the empty text, which is Celery's own default queue, `celery`. */
  queueName?: string;
}

const NAME = 'CeleryQueue';
const RULES: OptionRules = {
  connection: (value) =>
    isAmqp(value)
      ? undefined
      : ((rules.having('lpush', 'evalsha')(value) &&
          'must be a connection of ioredis or amqplib') ??
        plainRedis()(value)),
  broker: brokerRule,
  queueName: rules.string,
};

/**
 * Hands reports to a queue of Celery (https://docs.celeryq.dev) on Redis or RabbitMQ, for Python
 * workers with Kaneda or for ours.
 * @throws SettingsError for faulty options, ImproperlyConfiguredError when ioredis or amqplib is
 * not installed.
 */
export class CeleryQueue extends ReportQueue {
  readonly #transport: Transport;

  /**
   * @throws SettingsError for faulty options, ImproperlyConfiguredError when ioredis or amqplib is
   * not installed.
   */
  constructor(options: CeleryQueueOptions = {}) {
    super(options, {
      name: NAME,
      rules: RULES,
      // Connecting to RabbitMQ declares the queue, too.
      defaults: { connectTimeout: 10_000, ownClient: options?.broker !== undefined },
      faults: oneWay('connection', 'broker'),
      secrets: (given: CeleryQueueOptions) => secretsOf(...brokersIn(given)),
      target: (given: CeleryQueueOptions) =>
        targetOf(given.broker === undefined ? undefined : brokersIn(given), given.connection),
    });
    const { connection, broker, connectTimeout } = options;
    const queue = options.queueName?.trim() || 'celery';
    if ((broker !== undefined && isAmqpUrl(broker)) || isAmqp(connection)) {
      if (connection === undefined) assertInstalled(NAME, 'amqplib', '2');
      this.#transport = new AmqpTransport(
        connection as ChannelModel | undefined,
        brokersIn(options),
        queue,
        {
          connectTimeout,
          warn: (kind, text) => this.warn(kind, text),
        },
      );
    } else {
      if (connection === undefined) assertInstalled(NAME, 'ioredis', '6');
      this.#transport = new RedisTransport(
        connection as Redis | undefined,
        brokersIn(options),
        queue,
        connectTimeout,
      );
    }
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    return this.#transport.take(context);
  }

  protected override async examine(): Promise<Examination> {
    return { remarks: await this.#transport.remarks() };
  }

  protected override connect({ signal }: WriteContext): Promise<void> {
    return this.#transport.connect(signal);
  }

  protected override probe({ signal }: WriteContext): Promise<readonly string[]> {
    return this.#transport.probe(signal);
  }

  protected override write(
    reports: readonly Report[],
    { signal }: WriteContext,
  ): Promise<readonly Outcome[]> {
    return this.#transport.write(reports, signal);
  }

  protected override disconnect(): Promise<void> {
    return this.#transport.close();
  }
}

registerTarget('celery', CeleryQueue);

function brokersIn({ broker }: CeleryQueueOptions): string[] {
  return typeof broker === 'string' ? brokerUrls(broker) : [];
}

function isAmqp(value: unknown): boolean {
  return rules.having('createConfirmChannel')(value) === undefined;
}
