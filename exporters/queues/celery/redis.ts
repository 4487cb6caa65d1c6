import type { Redis } from 'ioredis';
import type { Report } from '../../report.js';
import type { Outcome } from '../../writer.js';
import { enqueue } from '../enqueue.js';
import { RedisLink } from '../redis.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { envelopeOf } from './envelope.js';
import { messageOf } from './message.js';
import { CeleryRedisConsumer } from './redis-consumer.js';
import type { Transport } from './transport.js';

/** Celery's queue as a list in Redis. */
export class RedisTransport implements Transport {
  readonly #link: RedisLink;
  readonly #queue: string;
  #consumer: CeleryRedisConsumer | undefined;

  constructor(connection: Redis | undefined, url: string | undefined, queue: string) {
    this.#link = RedisLink.to(connection, url);
    this.#queue = queue;
  }

  async connect(): Promise<void> {
    await this.#link.open();
  }

  write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#link.run(signal, (redis) =>
      enqueue(reports, {
        jobOf: (report) => envelopeOf(messageOf(report), this.#queue),
        send: async (items) => void (await redis.lpush(this.#queue, ...items)),
        signal,
      }),
    );
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    this.#consumer ??= new CeleryRedisConsumer(this.#link, this.#queue);
    return this.#consumer.take(context);
  }

  async close(): Promise<void> {
    await this.#consumer?.leave().catch(() => {});
    this.#link.close();
  }
}
