import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { clearTimeout, setTimeout } from '../../../timing/real-timers.js';
import { TurnBatcher } from '../../consuming/turn-batcher.js';

/**
 * Time that an acknowledgement waits for those of messages that came earlier.
 */
const REORDERING_MS = 1_000;

/**
 * Tells the broker what a channel's consumer is done with, in the order it came: one frame for all
 * before which nothing is open. RabbitMQ looks through everything a channel holds for each message
 * that is acknowledged out of order, which makes it three times as slow. So that waits for what
 * came before, for a while; should the worker die meanwhile it comes again, and is stored once.
 */
export class Acknowledger {
  readonly #channel: ConfirmChannel;
  /** Tags of what was sent to us and not settled, in their order; `true` once it is done. */
  readonly #open = new Map<number, boolean>();
  readonly #acknowledged = new TurnBatcher<number>(async (tags) => this.#ack(tags));
  #timer: NodeJS.Timeout | undefined;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
  }

  received({ fields }: ConsumeMessage): void {
    this.#open.set(fields.deliveryTag, false);
  }

  /** Rejects when the channel is closed: the broker gives the message to another consumer. */
  acknowledge({ fields }: ConsumeMessage): Promise<void> {
    return this.#acknowledged.add(fields.deliveryTag);
  }

  /** Back to the head of the queue. */
  async giveBack(message: ConsumeMessage): Promise<void> {
    this.#open.delete(message.fields.deliveryTag);
    this.#channel.nack(message, false, true);
  }

  /** Tells the broker now whatever is done. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      for (const [tag, done] of this.#open) if (done) this.#sendAck(tag, false);
    } catch {
      // The channel is closed: all of it comes again.
    }
  }

  #ack(tags: readonly number[]): void {
    for (const tag of tags) if (this.#open.has(tag)) this.#open.set(tag, true);
    let last: number | undefined;
    for (const [tag, done] of this.#open) {
      if (!done) break;
      this.#open.delete(tag);
      last = tag;
    }
    if (last !== undefined) this.#sendAck(last, true);
    this.#timer ??= setTimeout(() => this.flush(), REORDERING_MS).unref();
  }

  /** All that amqplib reads of a message is its tag. */
  #sendAck(deliveryTag: number, upTo: boolean): void {
    this.#open.delete(deliveryTag);
    this.#channel.ack({ fields: { deliveryTag } } as ConsumeMessage, upTo);
  }
}
