import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { limited } from '../../clock.js';
import { MessageError } from '../errors.js';
import { reasonText } from '../limits.js';
import type { Delivery, TakeContext } from '../report-queue.js';
import { type AmqpLink, ensureQueue } from './amqp.js';
import { readMessage } from './message.js';

/** The most that AMQP can be asked to send ahead. */
const MAX_PREFETCH = 65_535;
/** Milliseconds until a queue that was not drained, and yet sent nothing, is looked at again. */
const LOOK_AGAIN = 100;

/** A worker's side of a Celery queue on an AMQP broker, which gives back by itself what a dead worker held. */
export class AmqpConsumer {
  readonly #link: AmqpLink;
  readonly #queue: string;
  #channel: ConfirmChannel | undefined;
  #opening: Promise<ConfirmChannel> | undefined;
  /** Sent by the broker, not yet taken. */
  #messages: ConsumeMessage[] = [];
  /** Wakes who waits for one. */
  #wake: (() => void)[] = [];

  constructor(link: AmqpLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    const { max, signal, wait = true } = context;
    while (!signal.aborted) {
      const channel = await this.#open(context);
      const messages = this.#messages.splice(0, max);
      if (messages.length === 0) {
        if (!wait && (await this.#drained(channel))) return [];
        await (wait ? this.#arrival(signal) : limited(signal, LOOK_AGAIN, (limit) => this.#arrival(limit)));
        continue;
      }
      const deliveries = await Promise.all(messages.map((message) => this.#delivery(channel, message, context)));
      const good = deliveries.filter((delivery) => delivery !== undefined);
      if (good.length > 0) return good;
    }
    return [];
  }

  /** Gives back what was not taken. What was acknowledged is so when this resolves. */
  async leave(): Promise<void> {
    const channel = this.#channel;
    this.#lost(channel);
    // The broker gives back what the channel held. Acknowledgements written before are read before the close.
    await channel?.close().catch(() => {});
  }

  #open(context: TakeContext): Promise<ConfirmChannel> {
    if (this.#channel !== undefined) return Promise.resolve(this.#channel);
    this.#opening ??= this.#consume(context).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #consume({ max, hold = max }: TakeContext): Promise<ConfirmChannel> {
    const connection = await this.#link.open();
    await ensureQueue(connection, this.#queue);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    channel.on('close', () => this.#lost(channel));
    await channel.prefetch(Math.min(hold + max, MAX_PREFETCH));
    this.#channel = channel;
    await channel.consume(this.#queue, (message) => {
      if (this.#channel !== channel) return;
      // The queue was deleted: another channel makes it again.
      if (message === null) void this.leave();
      else this.#messages.push(message);
      this.#awaken();
    });
    return channel;
  }

  /** The broker gives what this channel held to others, or to the next channel. */
  #lost(channel: ConfirmChannel | undefined): void {
    if (this.#channel !== channel) return;
    this.#channel = undefined;
    this.#messages = [];
    this.#awaken();
  }

  #awaken(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /**
   * The broker may answer before it sends what it had already set aside for us, but not twice: the second answer comes behind it.
   */
  async #drained(channel: ConfirmChannel): Promise<boolean> {
    for (let asked = 0; asked < 2; asked++) {
      const { messageCount } = await channel.checkQueue(this.#queue);
      if (messageCount > 0 || this.#messages.length > 0) return false;
    }
    return true;
  }

  /** Resolves when there may be a message, or at the abort. */
  #arrival(signal: AbortSignal): Promise<void> {
    if (this.#messages.length > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#wake.push(wake);
    });
  }

  async #delivery(channel: ConfirmChannel, message: ConsumeMessage, { refused }: TakeContext): Promise<Delivery | undefined> {
    const { headers, contentType } = message.properties;
    try {
      const report = readMessage({ headers, contentType, body: message.content });
      return {
        report,
        acknowledge: async () => channel.ack(message),
        retry: async () => channel.nack(message, false, true),
        reject: (reason) => this.#bury(channel, message, reason),
      };
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      await this.#bury(channel, message, error.message);
      refused?.(error.message);
      return undefined;
    }
  }

  /** To the dead ones whole, with the reason; acknowledged once it is there. */
  async #bury(channel: ConfirmChannel, message: ConsumeMessage, reason: string): Promise<void> {
    const dead = `${this.#queue}.dead`;
    await ensureQueue(await this.#link.open(), dead);
    // The broker refuses another user's name, and a dead letter must not expire.
    const { userId: _user, expiration: _expiration, ...properties } = message.properties;
    const headers = { ...properties.headers, kaneda_reason: reasonText(reason) };
    await new Promise<void>((resolve, reject) => {
      channel.publish('', dead, message.content, { ...properties, headers, deliveryMode: 2 }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    channel.ack(message);
  }
}
