import type { ConfirmChannel } from 'amqplib';
import type { Report } from '../../report.js';
import type { Outcome } from '../../writer.js';
import { enqueue } from '../enqueue.js';
import { type AmqpLink, ensureQueue } from './amqp.js';
import { REPLY_TO } from './envelope.js';
import { CONTENT_TYPE, headersOf, type Message, messageOf } from './message.js';

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
   * What became of each report. When `signal` aborts first, the connection is cut: what is buffered must not pile up, and what was
   * enqueued all the same is harmless when it comes again.
   */
  async write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]> {
    signal.throwIfAborted();
    const channel = this.#channel;
    if (channel === undefined) throw new Error('the AMQP channel is closed');
    // A blocked broker reads nothing: whatever is written stays in our memory.
    if (this.#link.blocked !== undefined) throw new Error(`the AMQP broker takes nothing now: ${this.#link.blocked}`);
    const abort = () => this.#drop();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await enqueue(reports, { jobOf: messageOf, send: (messages) => this.#publish(channel, messages), signal });
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

  /** Whether the broker has each message, in a queue. */
  async #publish(channel: ConfirmChannel, messages: readonly Message[]): Promise<readonly boolean[]> {
    return Promise.all(
      messages.map(async (message) => {
        const { id, body } = message;
        const properties = {
          contentType: CONTENT_TYPE,
          contentEncoding: 'utf-8',
          correlationId: id,
          replyTo: REPLY_TO,
          deliveryMode: 2,
          priority: 0,
          mandatory: true,
          headers: headersOf(message),
        };
        const confirmed = await new Promise<boolean>((resolve) => {
          channel.publish('', this.#queue, Buffer.from(body, 'utf8'), properties, (error) => resolve(!error));
        });
        // A message that comes back does so before it is confirmed.
        return confirmed && !this.#returned.has(id);
      }),
    );
  }

  #drop(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    this.#link.drop();
    // On a connection that was given the channel alone is ours.
    channel?.close().catch(() => {});
  }
}
