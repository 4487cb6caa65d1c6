import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { closeChannel } from './connection.js';

/** A channel that tells of each message whether the broker has it, in a queue. */
export class ConfirmedChannel {
  readonly #channel: ConfirmChannel;
  /**
   * Told of the messages that are not confirmed yet. Those of a channel that closes, amqplib before
   * 1 forgets.
   */
  readonly #waiting = new Set<(confirmed: boolean) => void>();
  #usable = true;
  #fault: unknown;
  #closing: Promise<void> | undefined;
  #returned = false;

  private constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    channel.on('error', (error) => {
      this.#fault = error;
    });
    channel.on('close', () => {
      this.#giveUp();
    });
    // A message that comes back does so before it is confirmed: the queue is gone, and with it what
    // is there already.
    channel.on('return', () => {
      this.#usable = false;
      this.#returned = true;
    });
  }

  /** @param impatient gives up when the broker blocks the connection, instead of waiting for it. */
  static async open(connection: ChannelModel, impatient = false): Promise<ConfirmedChannel> {
    const channel = await connection.createConfirmChannel();
    const made = new ConfirmedChannel(channel);
    const blocked = () => made.#giveUp();
    if (impatient) {
      connection.on('blocked', blocked);
      channel.on('close', () => connection.off('blocked', blocked));
    }
    return made;
  }

  #giveUp(): void {
    this.#usable = false;
    for (const tell of this.#waiting) tell(false);
    this.#waiting.clear();
  }

  /**
   * False if more messages cannot be published: the channel is closed, the queue is gone, or
   * amqplib could not write a message.
   */
  get usable(): boolean {
    return this.#usable;
  }

  /** The reason for which the broker has closed it, if it has. */
  get fault(): unknown {
    return this.#fault;
  }

  /** True while nothing is unconfirmed. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Publishes a message. Resolves with true if the broker has the message in that queue; `false`
   * leaves it open.
   * @throws amqplib's error for properties that it cannot write. Before its version 2 it mistakes
   * later confirmations then.
   */
  publish(queue: string, content: Buffer, properties: Options.Publish): Promise<boolean> {
    if (!this.#usable) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const confirm = (error: unknown) => {
        this.#waiting.delete(resolve);
        resolve(!error && !this.#returned);
      };
      try {
        this.#channel.sendToQueue(queue, content, { ...properties, mandatory: true }, confirm);
        this.#waiting.add(resolve);
      } catch (error) {
        this.#usable = false;
        reject(error as Error);
      }
    });
  }

  async close(): Promise<void> {
    // Of many letters that share it each may find it of no use.
    this.#closing ??= closeChannel(this.#channel);
    await this.#closing;
  }
}
