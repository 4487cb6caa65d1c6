import type { ConfirmChannel } from 'amqplib';
import type { Outcome } from '../../writer.js';
import { type AmqpLink, ensureQueue } from './amqp.js';
import { REPLY_TO } from './envelope.js';
import { CONTENT_TYPE, type Message } from './message.js';

/** Publishes to a queue, each message confirmed by the broker and known to have found the queue. */
export class AmqpProducer {
  readonly #link: AmqpLink;
  readonly #queue: string;
  #channel: ConfirmChannel | undefined;
  /** Ids of messages that came back: the queue is gone. */
  readonly #returned = new Set<string>();

  constructor(link: AmqpLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
  }

  async connect(): Promise<void> {
    if (this.#channel !== undefined) return;
    const connection = await this.#link.open();
    await ensureQueue(connection, this.#queue);
    const channel = await connection.createConfirmChannel();
    this.#channel = channel;
    channel.on('error', () => {});
    channel.on('close', () => {
      if (this.#channel === channel) this.#channel = undefined;
    });
    channel.on('return', ({ properties }) => void this.#returned.add(String(properties.correlationId)));
    this.#link.unref();
  }

  /**
   * What became of each message. When `signal` aborts first, the connection is cut: what is buffered must not pile up, and what was
   * enqueued all the same is harmless when it comes again.
   */
  async send(messages: readonly Message[], signal: AbortSignal): Promise<readonly Outcome[]> {
    signal.throwIfAborted();
    const channel = this.#channel;
    if (channel === undefined) throw new Error('the AMQP channel is closed');
    // A blocked broker reads nothing: whatever is written stays in our memory.
    if (this.#link.blocked !== undefined) throw new Error(`the AMQP broker takes nothing now: ${this.#link.blocked}`);
    const abort = () => this.#drop();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const confirmed = await Promise.all(await this.#publish(channel, messages));
      signal.throwIfAborted();
      return messages.map((message, i) => (confirmed[i] && !this.#returned.has(message.id) ? 'stored' : 'retry'));
    } finally {
      signal.removeEventListener('abort', abort);
      // A queue that was deleted is made again with the next channel.
      if (this.#returned.size > 0) await this.close();
      this.#returned.clear();
    }
  }

  async close(): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.close().catch(() => {});
  }

  async #publish(channel: ConfirmChannel, messages: readonly Message[]): Promise<Promise<boolean>[]> {
    const confirms: Promise<boolean>[] = [];
    for (const { id, headers, body } of messages) {
      let room = true;
      confirms.push(
        new Promise((resolve) => {
          room = channel.publish(
            '',
            this.#queue,
            Buffer.from(body, 'utf8'),
            {
              contentType: CONTENT_TYPE,
              contentEncoding: 'utf-8',
              correlationId: id,
              replyTo: REPLY_TO,
              deliveryMode: 2,
              priority: 0,
              mandatory: true,
              headers,
            },
            (error) => resolve(!error),
          );
        }),
      );
      if (!room) await drained(channel);
    }
    return confirms;
  }

  #drop(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#link.drop();
    // On a connection that was given the channel alone is ours.
    channel?.close().catch(() => {});
  }
}

/** Resolves when there is room again, or never will be: the confirms then say so. */
function drained(channel: ConfirmChannel): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      channel.removeListener('drain', done);
      channel.removeListener('close', done);
      resolve();
    };
    channel.on('drain', done);
    channel.on('close', done);
  });
}
