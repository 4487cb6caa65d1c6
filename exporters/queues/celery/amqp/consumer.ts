import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { sleep } from '../../../timing/sleep.js';
import { withTimeout } from '../../../timing/with-timeout.js';
import { type JobSteps, readDeliveries } from '../../consuming/read-jobs.js';
import { checkSize, MAX_WIRE_BYTES, reasonText } from '../../jobs/limits.js';
import type { Delivery, TakeContext } from '../../report-queue.js';
import { readMessage } from '../message.js';
import { Acknowledger } from './acknowledger.js';
import { type AmqpLink, CLOSED, closeChannel, ensureQueue } from './connection.js';
import { deliveryLimitOf, describeLimit, isCounted, isLimited } from './delivery-limit.js';
import { MessageMover } from './message-mover.js';

/** The most that AMQP can be asked to send ahead. */
const MAX_PREFETCH = 65_535;
/** Time that more messages are waited for while they keep coming, and how many times at most. */
const LINGER_MS = 5;
const MAX_LINGERS = 10;
/** Time until a queue that sends nothing is asked whether it is drained. */
const ASK_AFTER_MS = 25;

/** The name of a channel's one consumer. */
const CONSUMER = 'kaneda';

/** A channel, and whatever belongs to it. */
interface Open {
  readonly channel: ConfirmChannel;
  readonly acknowledger: Acknowledger;
  readonly deadLetters: MessageMover;
  /** Publishes again what a quorum queue has counted. */
  readonly renewals: MessageMover;
  /** A quorum queue: it counts each message that it gets back. */
  readonly counts: boolean;
  readonly steps: JobSteps<ConsumeMessage>;
}

/** The links and words of a consumer. */
export interface ConsumerParts {
  readonly consuming: AmqpLink;
  /** For what is published: dead letters and messages that are renewed. */
  readonly moving: AmqpLink;
  /** Tells the operator of something, once per kind. */
  warn(kind: string, text: string): void;
}

/**
 * A worker's side of a Celery queue on an AMQP broker, which gives back by itself what a dead
 * worker held.
 */
export class AmqpConsumer {
  readonly #parts: ConsumerParts;
  readonly #queue: string;
  #open: Open | undefined;
  #opening: Promise<Open> | undefined;
  /** Sent by the broker, not yet taken. */
  #messages: ConsumeMessage[] = [];
  /** Messages that are being renewed, and come again. */
  readonly #renewing = new Set<Promise<void>>();
  /** Wakes the takes that wait for a message. */
  readonly #wake = new Set<() => void>();
  #left = false;

  constructor(parts: ConsumerParts, queue: string) {
    this.#parts = parts;
    this.#queue = queue;
  }

  /** Takes messages, as {@link ReportQueue.take}. */
  async take(context: TakeContext): Promise<readonly Delivery[]> {
    try {
      return await this.#take(context);
    } catch (error) {
      throw this.#left ? new Error(CLOSED) : error;
    }
  }

  async #take(context: TakeContext): Promise<readonly Delivery[]> {
    const { max, signal, wait = true } = context;
    while (!signal.aborted) {
      const open = await this.#openChannel(context);
      await (wait
        ? this.#untilArrival(signal)
        : withTimeout(ASK_AFTER_MS, signal, (limit) => this.#untilArrival(limit)));
      await this.#lingerForMore(max, signal);
      // What came meanwhile may be another channel's.
      if (this.#open !== open) continue;
      const messages = this.#messages.splice(0, max);
      if (messages.length === 0) {
        if (!wait && (await this.#isDrained(open.channel))) return [];
        continue;
      }
      const deliveries = await readDeliveries(messages, open.steps, context.refused);
      if (deliveries.length > 0) return deliveries;
    }
    // With `wait: false`, an abort must not look like an empty queue.
    if (!wait) signal.throwIfAborted();
    return [];
  }

  /**
   * Closes the consumer and gives back the messages that were not taken. Resolves when all
   * acknowledgements arrived.
   */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#leaveChannel();
  }

  async #leaveChannel(): Promise<void> {
    const open = this.#open;
    // What is renewed would else be counted once more, by the close.
    await open?.channel.cancel(CONSUMER).catch(() => {});
    await Promise.all(this.#renewing);
    this.#dropChannel(open);
    open?.acknowledger.flush();
    // The broker gives back what the channel held. Acknowledgements written before are read before
    // the close.
    await Promise.all([
      open && closeChannel(open.channel),
      open?.deadLetters.close(),
      open?.renewals.close(),
    ]);
  }

  #openChannel(context: TakeContext): Promise<Open> {
    if (this.#left) return Promise.reject(new Error(CLOSED));
    if (this.#open !== undefined) return Promise.resolve(this.#open);
    this.#opening ??= this.#consume(context).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #consume({ max, hold = max }: TakeContext): Promise<Open> {
    const connection = await this.#parts.consuming.open();
    await ensureQueue(connection, this.#queue);
    const counts = await this.#lookAtLimit(connection);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    const acknowledger = new Acknowledger(channel);
    const open: Open = {
      channel,
      acknowledger,
      deadLetters: new MessageMover(this.#parts.moving, `${this.#queue}.dead`),
      renewals: new MessageMover(this.#parts.moving, this.#queue),
      counts,
      steps: {
        read: ({ properties: { headers, contentType }, content: body }) => {
          checkSize(body.length, MAX_WIRE_BYTES);
          return readMessage({ headers, contentType, body });
        },
        keyOf: (message) => message,
        acknowledge: (message) => acknowledger.acknowledge(message),
        giveBack: (message) => this.#giveBack(open, message),
        deadLetter: (message, reason) => this.#deadLetter(open, message, reason),
      },
    };
    channel.on('close', () => this.#dropChannel(open));
    // As much again as the lanes hold: RabbitMQ pauses for tenths of a second now and then, and the
    // store need not.
    await channel.prefetch(Math.min(2 * hold, MAX_PREFETCH));
    if (this.#left) {
      await closeChannel(channel);
      throw new Error(CLOSED);
    }
    this.#open = open;
    const received = (message: ConsumeMessage | null) => this.#receive(open, message);
    await channel.consume(this.#queue, received, { consumerTag: CONSUMER });
    return open;
  }

  #receive(open: Open, message: ConsumeMessage | null): void {
    if (this.#open !== open) return;
    // The queue was deleted: another channel makes it again.
    if (message === null) void this.#leaveChannel();
    else {
      open.acknowledger.received(message);
      if (isCounted(message)) this.#startRenewal(open, message);
      else this.#messages.push(message);
    }
    this.#wakeTakes();
  }

  /** Warns of a quorum queue's limit. @returns true for a quorum queue. */
  async #lookAtLimit(connection: ChannelModel): Promise<boolean> {
    const limit = await deliveryLimitOf(connection, this.#queue).catch(() => undefined);
    if (limit !== undefined && isLimited(limit))
      this.#parts.warn('delivery limit', describeLimit(this.#queue, limit));
    return limit !== undefined;
  }

  /**
   * Publishes a message again that a quorum queue has counted, and acknowledges the counted one:
   * with every worker that ends or dies while the store is away the queue counts on, and beyond its
   * limit it drops the message. One that cannot be published is worked on.
   */
  async #renew(open: Open, message: ConsumeMessage): Promise<void> {
    try {
      await open.renewals.move(message);
      await open.acknowledger.acknowledge(message);
    } catch {
      if (this.#open === open) this.#messages.push(message);
    }
  }

  #startRenewal(open: Open, message: ConsumeMessage): void {
    const renewal = this.#renew(open, message).finally(() => {
      this.#renewing.delete(renewal);
      this.#wakeTakes();
    });
    this.#renewing.add(renewal);
  }

  /** The broker gives what this channel held to others, or to the next channel. */
  #dropChannel(open: Open | undefined): void {
    if (this.#open !== open) return;
    this.#open = undefined;
    this.#messages = [];
    this.#wakeTakes();
  }

  #wakeTakes(): void {
    for (const wake of [...this.#wake]) wake();
  }

  /**
   * The broker may answer before it sends what it had already set aside for us, but not twice: the
   * second answer comes behind it.
   */
  async #isDrained(channel: ConfirmChannel): Promise<boolean> {
    for (let asked = 0; asked < 2; asked++) {
      const { messageCount } = await channel.checkQueue(this.#queue);
      if (messageCount + this.#messages.length + this.#renewing.size > 0) return false;
    }
    return true;
  }

  /**
   * Waits briefly until a batch is at least half full: messages come one by one, and small batches
   * cost the store as much as large ones.
   */
  async #lingerForMore(max: number, signal: AbortSignal): Promise<void> {
    for (let i = 0, before = 0; i < MAX_LINGERS && !signal.aborted; i++) {
      if (this.#messages.length === before || this.#messages.length >= max / 2) return;
      before = this.#messages.length;
      await sleep(LINGER_MS);
    }
  }

  /** Resolves when there may be a message, or at the abort. */
  #untilArrival(signal: AbortSignal): Promise<void> {
    if (this.#messages.length > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#wake.delete(wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#wake.add(wake);
    });
  }

  /**
   * To the head of the queue. A quorum queue would count it, and send it here at once, to count it
   * again when the worker ends: it waits here for the next take, or for the end of the channel.
   */
  async #giveBack(open: Open, message: ConsumeMessage): Promise<void> {
    if (!open.counts || this.#open !== open) return open.acknowledger.giveBack(message);
    this.#messages.unshift(message);
    this.#wakeTakes();
  }

  /**
   * Moves a message to the dead letters, with the reason, and acknowledges it then. What cannot be
   * moved now goes back.
   */
  async #deadLetter(open: Open, message: ConsumeMessage, reason: string): Promise<void> {
    try {
      const headers = { kaneda_reason: reasonText(reason) };
      await open.deadLetters.move(message, { headers, orBare: true });
    } catch (error) {
      if (this.#open === open) await this.#giveBack(open, message);
      throw error;
    }
    await open.acknowledger.acknowledge(message);
  }
}
