import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Outcome } from '../../../delivery/store.js';
import type { Report } from '../../../reports/report.js';
import { enqueue } from '../../producing/enqueue.js';
import { RedisConsumer } from '../../redis/consumer.js';
import { withinLimit } from '../../redis/job-size.js';
import { probeRedis } from '../../redis/probe.js';
import { RedisLink } from '../../redis/redis-link.js';
import type { Delivery, TakeContext } from '../../report-queue.js';
import { messageOf } from '../message.js';
import type { Transport } from '../transport.js';
import { CeleryCommands } from './commands.js';
import { envelopeOf } from './envelope.js';
import type { ROW } from './scripts.js';

/** Celery's queue as a list in Redis. */
export class RedisTransport implements Transport {
  readonly #link: RedisLink;
  readonly #consumer: RedisConsumer<typeof ROW>;
  readonly #queue: string;

  constructor(
    connection: Redis | undefined,
    urls: readonly string[] | undefined,
    queue: string,
    connectTimeout?: number,
  ) {
    this.#link = RedisLink.to(connection, urls, connectTimeout);
    this.#queue = queue;
    this.#consumer = new RedisConsumer(this.#link, randomUUID(), new CeleryCommands(queue));
  }

  async connect(): Promise<void> {
    await this.#link.open();
  }

  probe(signal: AbortSignal): Promise<readonly string[]> {
    return this.#link.run(signal, probeRedis);
  }

  write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]> {
    return this.#link.run(signal, async (redis) => {
      return enqueue(reports, {
        jobOf: await withinLimit(
          redis,
          reports,
          (report) => envelopeOf(messageOf(report), this.#queue),
          (envelope) => [envelope],
        ),
        send: async (items) => void (await redis.lpush(this.#queue, ...items)),
        signal,
      });
    });
  }

  take(context: TakeContext): Promise<readonly Delivery[]> {
    return this.#consumer.take(context);
  }

  async remarks(): Promise<readonly string[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.#consumer.leave().catch(() => {});
    this.#link.close();
  }
}
