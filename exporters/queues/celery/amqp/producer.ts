import type { Outcome } from '../../../delivery/store.js';
import { SplitError } from '../../../errors.js';
import type { Report } from '../../../reports/report.js';
import { enqueue } from '../../producing/enqueue.js';
import { CONTENT_TYPE, type Message, messageOf, REPLY_TO, shortHeadersOf } from '../message.js';
import { ConfirmedChannel } from './channel.js';
import { type AmqpLink, CLOSED, ensureQueue, hasQueue } from './connection.js';

/** Publishes to a queue, each message confirmed by the broker and known to have found the queue. */
export class AmqpProducer {
  readonly #link: AmqpLink;
  readonly #queue: string;
  #channel: ConfirmedChannel | undefined;
  #connecting: Promise<void> | undefined;
  #closed = false;

  constructor(link: AmqpLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
  }

  /**
   * When `signal` aborts first, the connection is cut: without heartbeats nothing else would tell
   * that nobody is there.
   */
  connect(signal: AbortSignal): Promise<void> {
    return this.#orCut(signal, () => this.#connect());
  }

  /**
   * Resolves with true if the queue exists. A missing queue is not made. When `signal` aborts
   * first, the connection is cut.
   */
  finds(signal: AbortSignal): Promise<boolean> {
    return this.#orCut(signal, async () => {
      const connection = await this.#link.open();
      this.#link.assertReading();
      return hasQueue(connection, this.#queue);
    });
  }

  #connect(): Promise<void> {
    if (this.#channel?.usable) return Promise.resolve();
    this.#connecting ??= this.#openChannel();
    return this.#connecting;
  }

  async #openChannel(): Promise<void> {
    try {
      await this.#replaceChannel();
    } finally {
      this.#connecting = undefined;
    }
  }

  async #replaceChannel(): Promise<void> {
    const connection = await this.#link.open();
    this.#link.assertReading();
    // A queue that was deleted is made again.
    await ensureQueue(connection, this.#queue);
    const channel = await ConfirmedChannel.open(connection, true);
    const before = this.#channel;
    this.#channel = channel;
    await before?.close();
    this.#link.unref();
    if (!this.#closed) return;
    await this.close();
    throw new Error(CLOSED);
  }

  /**
   * Enqueues reports and resolves with the outcome of each. When `signal` aborts first, the
   * connection is cut: buffered messages must not pile up. A message that was still enqueued is
   * harmless when it comes again.
   */
  async write(reports: readonly Report[], signal: AbortSignal): Promise<readonly Outcome[]> {
    signal.throwIfAborted();
    const channel = this.#channel;
    if (channel === undefined) throw new Error('the AMQP channel is closed');
    this.#link.assertReading();
    const send = (messages: readonly Message[]) => this.#publish(channel, messages);
    const outcomes = await this.#orCut(signal, () =>
      enqueue(reports, { jobOf: messageOf, send, signal }),
    );
    // A broker that blocks says so when it is published to; what it has not confirmed then may
    // still be enqueued.
    if (outcomes.every((outcome) => outcome === 'retry')) {
      this.#link.assertReading();
      if (channel.fault !== undefined) throw refusal(channel.fault);
    }
    return outcomes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channel = this.#channel;
    this.#channel = undefined;
    // A blocked broker reads nothing, and so not that the channel closes.
    if (!this.#link.isBlocked) await channel?.close();
  }

  /** Publishes messages. Resolves with true for each message that the broker has in a queue. */
  #publish(channel: ConfirmedChannel, messages: readonly Message[]): Promise<readonly boolean[]> {
    return Promise.all(
      messages.map((message) =>
        channel.publish(this.#queue, Buffer.from(message.body, 'utf8'), {
          contentType: CONTENT_TYPE,
          contentEncoding: 'utf-8',
          correlationId: message.id,
          replyTo: REPLY_TO,
          deliveryMode: 2,
          priority: 0,
          headers: shortHeadersOf(message),
        }),
      ),
    );
  }

  async #orCut<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const abort = () => this.#drop();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await work();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #drop(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    // Nothing on it is answered any more. On the application's own the opening goes on.
    if (this.#link.drop()) this.#connecting = undefined;
    // On a connection that was given the channel alone is ours.
    void channel?.close();
  }
}

/**
 * A broker closes the channel over a message that is larger than it takes: RabbitMQ's
 * `max_message_size`.
 */
function refusal(fault: unknown): unknown {
  const { message } = Object(fault) as { message?: unknown };
  return /message size \d+ is larger than/.test(String(message))
    ? new SplitError('larger than the AMQP broker takes (max_message_size)')
    : fault;
}
