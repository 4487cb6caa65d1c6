import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { Gather } from '../gather.js';

/**
 * Tells the broker what a channel's consumer is done with. A frame a message would cost more than all the rest of a worker: those that are
 * done in one turn, and before which nothing is open, are acknowledged with one.
 */
export class Acknowledger {
  readonly #channel: ConfirmChannel;
  /** Tags of what was sent to us and is not settled, in their order. */
  readonly #open = new Set<number>();
  readonly #done = new Gather<number>(async (tags) => this.#ack(tags));

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
  }

  received({ fields }: ConsumeMessage): void {
    this.#open.add(fields.deliveryTag);
  }

  /** Rejects when the channel is closed: the broker gives the message to somebody else. */
  acknowledge({ fields }: ConsumeMessage): Promise<void> {
    return this.#done.add(fields.deliveryTag);
  }

  /** Back to the head of the queue. */
  async giveBack(message: ConsumeMessage): Promise<void> {
    this.#open.delete(message.fields.deliveryTag);
    this.#channel.nack(message, false, true);
  }

  #ack(tags: readonly number[]): void {
    const done = new Set(tags);
    let last: number | undefined;
    for (const tag of this.#open) {
      if (!done.delete(tag)) break;
      this.#open.delete(tag);
      last = tag;
    }
    if (last !== undefined) this.#channel.ack(tagged(last), true);
    for (const tag of done) if (this.#open.delete(tag)) this.#channel.ack(tagged(tag));
  }
}

/** All that amqplib reads of a message to acknowledge it. */
function tagged(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}
