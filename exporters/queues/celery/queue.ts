import type { ChannelModel } from 'amqplib';
import type { Redis } from 'ioredis';
import { assertInstalled } from '../../client.js';
import { type OptionRules, rules } from '../../options.js';
import type { Report } from '../../report.js';
import type { ExporterOptions } from '../../report-exporter.js';
import { secretsOf } from '../../secrets.js';
import type { Outcome, WriteContext } from '../../writer.js';
import { oneWay, urlOf } from '../options.js';
import { type Delivery, ReportQueue, type TakeContext } from '../report-queue.js';
import { AmqpTransport } from './amqp-transport.js';
import { RedisTransport } from './redis.js';
import type { Transport } from './transport.js';

/** Options of {@link CeleryQueue}. */
export interface CeleryQueueOptions extends ExporterOptions {
  /** A connection of the application's, of ioredis or amqplib, used as it is. */
  connection?: Redis | ChannelModel;
  /** A broker's URL: `redis://`, `rediss://`, `amqp://` or `amqps://`. */
  broker?: string;
  /** Default the empty text, which is Celery's own default queue, `celery`. */
  queueName?: string;
}

const RULES: OptionRules = {
  connection: (value) =>
    isAmqp(value) ? undefined : rules.having('lpush', 'callBuffer')(value) && 'must be a connection of ioredis or amqplib',
  broker: urlOf('redis', 'rediss', 'amqp', 'amqps'),
  queueName: rules.string,
};

/**
 * Hands reports to a queue of Celery (https://docs.celeryq.dev) on Redis or RabbitMQ, for Python workers with Kaneda or for ours.
 * @throws SettingsError for faulty options, ImproperlyConfiguredError when ioredis or amqplib is not installed.
 */
export class CeleryQueue extends ReportQueue {
  readonly #transport: Transport;
  readonly #broker: string | undefined;

  constructor(options: CeleryQueueOptions = {}) {
    super(options, RULES, { ownClient: options?.broker !== undefined }, oneWay('connection', 'broker'));
    const { connection, broker } = options;
    const queue = options.queueName || 'celery';
    this.#broker = broker;
    if (broker?.startsWith('amqp') || isAmqp(connection)) {
      if (connection === undefined) assertInstalled('CeleryQueue', 'amqplib', '2');
      this.#transport = new AmqpTransport(connection as ChannelModel | undefined, broker, queue);
    } else {
      if (connection === undefined) assertInstalled('CeleryQueue', 'ioredis', '6');
      this.#transport = new RedisTransport(connection as Redis | undefined, broker, queue);
    }
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    return this.#transport.take(context);
  }

  protected override secrets(): readonly string[] {
    // The base may have something to say before this class is made.
    return #broker in this ? secretsOf(this.#broker) : [];
  }

  protected override connect({ signal }: WriteContext): Promise<void> {
    return this.#transport.connect(signal);
  }

  protected override write(reports: readonly Report[], { signal }: WriteContext): Promise<readonly Outcome[]> {
    return this.#transport.write(reports, signal);
  }

  protected override disconnect(): Promise<void> {
    return this.#transport.close();
  }
}

function isAmqp(value: unknown): value is ChannelModel {
  return rules.having('createConfirmChannel')(value) === undefined;
}
