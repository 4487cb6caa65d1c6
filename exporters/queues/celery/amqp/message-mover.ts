import type { ChannelModel, ConsumeMessage, Options } from 'amqplib';
import { ConfirmedChannel } from './channel.js';
import { type AmqpLink, CLOSED, ensureQueue } from './connection.js';
import { DELIVERY_COUNT } from './delivery-limit.js';

/** Properties of a message that is moved, in place of its own. */
export interface Moved {
  /** Headers to add. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Moves the bare body where amqplib can read the message's properties and not write them. Default
   * false: rejects.
   */
  readonly orBare?: boolean;
}

/**
 * Publishes messages again, to one queue. They share a channel; a message that fails there gets a
 * channel of its own.
 */
export class MessageMover {
  readonly #link: AmqpLink;
  readonly #queue: string;
  #shared: ConfirmedChannel | undefined;
  #opening: Promise<ConfirmedChannel> | undefined;
  /** One after the other: each takes a channel, and a broker has not that many. */
  #alone: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(link: AmqpLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
  }

  /** Resolves when the broker has the message in the queue. Rejects when that is not certain. */
  async move({ content, properties: all }: ConsumeMessage, moved: Moved = {}): Promise<void> {
    // The broker refuses another user's name, and a dead letter must not expire.
    const { userId: _user, expiration: _expiration, ...properties } = all;
    // The broker would send a message with CC or BCC to those queues again.
    const { CC: _cc, BCC: _bcc, [DELIVERY_COUNT]: _count, ...headers } = properties.headers ?? {};
    const own = { headers: { ...moved.headers }, deliveryMode: 2 };
    const whole = { ...properties, ...own, headers: { ...headers, ...own.headers } };
    try {
      await this.#together(content, whole);
    } catch {
      const ways = moved.orBare ? [whole, own] : [whole];
      const alone = this.#alone.then(() => this.#byItself(content, ways));
      this.#alone = alone.catch(() => {});
      await alone;
    }
  }

  /** Closes the mover: later moves reject. */
  async close(): Promise<void> {
    this.#closed = true;
    const shared = this.#shared;
    this.#shared = undefined;
    await shared?.close();
  }

  async #together(content: Buffer, properties: Options.Publish): Promise<void> {
    let channel = await this.#ready();
    // Another message may have closed it meanwhile.
    while (!channel.usable) channel = await this.#ready();
    try {
      await this.#publish(channel, content, properties);
    } finally {
      // Not waited for: a blocked broker does not read it.
      if (!channel.usable && channel.idle) void channel.close();
    }
  }

  /** The first of `ways` in which amqplib can write it. */
  async #byItself(content: Buffer, [first, ...others]: Options.Publish[]): Promise<void> {
    await ensureQueue(await this.#connection(), this.#queue);
    await this.#onOwnChannel(content, first!).catch((error) => {
      if (others.length === 0) throw error;
      return this.#onOwnChannel(content, others[0]!);
    });
  }

  async #onOwnChannel(content: Buffer, properties: Options.Publish): Promise<void> {
    const channel = await ConfirmedChannel.open(await this.#connection(), true);
    try {
      await this.#publish(channel, content, properties);
    } finally {
      void channel.close();
    }
  }

  async #publish(
    channel: ConfirmedChannel,
    content: Buffer,
    properties: Options.Publish,
  ): Promise<void> {
    if (!(await channel.publish(this.#queue, content, properties))) {
      throw new Error(`the AMQP broker did not take a message to ${this.#queue}`);
    }
  }

  /** Rejects while the broker is blocked: the message comes again. */
  async #connection(): Promise<ChannelModel> {
    if (this.#closed) throw new Error(CLOSED);
    const connection = await this.#link.open();
    this.#link.assertReading();
    return connection;
  }

  #ready(): Promise<ConfirmedChannel> {
    if (this.#shared?.usable) return Promise.resolve(this.#shared);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<ConfirmedChannel> {
    const connection = await this.#connection();
    await ensureQueue(connection, this.#queue);
    const shared = await ConfirmedChannel.open(connection, true);
    if (this.#closed) {
      void shared.close();
      throw new Error(CLOSED);
    }
    this.#shared = shared;
    return shared;
  }
}
