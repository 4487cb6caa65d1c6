import type { ChannelModel } from 'amqplib';
import type { Outcome } from '../../../delivery/store.js';
import type { Report } from '../../../reports/report.js';
import type { Delivery, TakeContext } from '../../report-queue.js';
import type { Transport } from '../transport.js';
import { AmqpLink } from './connection.js';
import { AmqpConsumer, type ConsumerParts } from './consumer.js';
import { deliveryLimitOf, describeLimit } from './delivery-limit.js';
import { AmqpProducer } from './producer.js';

/** Seconds between a worker's heartbeats. */
const HEARTBEAT_S = 10;

/**
 * Celery's queue on an AMQP broker. Enqueueing, working and moving messages (dead letters, returned
 * ones) each have a connection of their own, as RabbitMQ advises: a broker that is short of memory
 * stops reading from those that publish. The producer's has no heartbeat, since amqplib's timers
 * would keep a program running; each write has its deadline instead.
 */
export class AmqpTransport implements Transport {
  readonly #producing: AmqpLink;
  readonly #consuming: AmqpLink;
  readonly #moving: AmqpLink;
  readonly #producer: AmqpProducer;
  readonly #consumer: AmqpConsumer;
  readonly #queue: string;

  constructor(
    connection: ChannelModel | undefined,
    urls: readonly string[],
    queue: string,
    { connectTimeout, warn }: { connectTimeout?: number | undefined; warn: ConsumerParts['warn'] },
  ) {
    this.#queue = queue;
    this.#producing = new AmqpLink(connection, urls, 0, connectTimeout);
    this.#consuming = new AmqpLink(connection, urls, HEARTBEAT_S, connectTimeout);
    this.#moving = new AmqpLink(connection, urls, HEARTBEAT_S, connectTimeout);
    this.#producer = new AmqpProducer(this.#producing, queue);
    this.#consumer = new AmqpConsumer(
      { consuming: this.#consuming, moving: this.#moving, warn },
      queue,
    );
  }

  connect(signal: AbortSignal): Promise<void> {
    return this.#producer.connect(signal);
  }

  async probe(signal: AbortSignal): Promise<readonly string[]> {
    if (await this.#producer.finds(signal)) return this.remarks();
    return [`the queue '${this.#queue}' does not exist: the first report creates it`];
  }

  async write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]> {
    await this.#producer.connect(signal);
    return this.#producer.write(reports, signal);
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    return this.#consumer.take(context);
  }

  /** Reads the queue's limit of deliveries, where it has one. */
  async remarks(): Promise<readonly string[]> {
    const limit = await deliveryLimitOf(await this.#producing.open(), this.#queue);
    return limit === undefined ? [] : [describeLimit(this.#queue, limit)];
  }

  async close(): Promise<void> {
    await Promise.all([this.#consumer.leave(), this.#producer.close()]);
    await Promise.all([this.#consuming.close(), this.#moving.close(), this.#producing.close()]);
  }
}
