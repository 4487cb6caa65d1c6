import type { ChannelModel, ConsumeMessage, Options } from 'amqplib';
import { reasonText } from '../../jobs/limits.js';
import { ConfirmedChannel } from './channel.js';
import { type AmqpLink, ensureQueue } from './connection.js';

/** The dead letters of a Celery queue on an AMQP broker. They share a channel; what fails there gets one of its own. */
export class AmqpDead {
  readonly #link: AmqpLink;
  readonly #queue: string;
  #shared: ConfirmedChannel | undefined;
  #opening: Promise<ConfirmedChannel> | undefined;
  /** One after the other: each takes a channel, and a broker has not that many. */
  #alone: Promise<unknown> = Promise.resolve();

  constructor(link: AmqpLink, queue: string) {
    this.#link = link;
    this.#queue = queue;
  }

  /** Puts the message there, with the reason. Rejects when it is not there for sure. */
  async add({ content, properties: all }: ConsumeMessage, reason: string): Promise<void> {
    // The broker refuses another user's name, and a dead letter must not expire.
    const { userId: _user, expiration: _expiration, ...properties } = all;
    // Where else the message went it shall not go again, least of all into this queue.
    const { CC: _cc, BCC: _bcc, ...headers } = properties.headers ?? {};
    const own = { headers: { kaneda_reason: reasonText(reason) }, deliveryMode: 2 };
    const whole = { ...properties, ...own, headers: { ...headers, ...own.headers } };
    try {
      await this.#together(content, whole);
    } catch {
      const alone = this.#alone.then(() => this.#byItself(content, whole, own));
      this.#alone = alone.catch(() => {});
      await alone;
    }
  }

  async close(): Promise<void> {
    const shared = this.#shared;
    this.#shared = undefined;
    await shared?.close();
  }

  async #together(content: Buffer, properties: Options.Publish): Promise<void> {
    let channel = await this.#ready();
    // Another letter may have spoilt it meanwhile.
    while (!channel.usable) channel = await this.#ready();
    try {
      await this.#publish(channel, content, properties);
    } finally {
      // Not waited for: a blocked broker does not read it.
      if (!channel.usable && channel.idle) void channel.close();
    }
  }

  async #byItself(content: Buffer, whole: Options.Publish, own: Options.Publish): Promise<void> {
    await ensureQueue(await this.#connection(), this.#queue);
    // amqplib reads properties that it cannot write: the body goes without them then.
    await this.#onOwnChannel(content, whole).catch(() => this.#onOwnChannel(content, own));
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
      throw new Error(`the AMQP broker did not take a dead letter to ${this.#queue}`);
    }
  }

  /** Rejects while the broker is blocked: the message comes again. */
  async #connection(): Promise<ChannelModel> {
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
    this.#shared = await ConfirmedChannel.open(connection, true);
    return this.#shared;
  }
}
