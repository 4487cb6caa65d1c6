import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { sleep } from '../../../timing/sleep.js';
import { withTimeout } from '../../../timing/with-timeout.js';
import { deliveriesOf } from '../../consuming/read-jobs.js';
import type { Delivery, TakeContext } from '../../report-queue.js';
import { readMessage } from '../message.js';
import { Acknowledger } from './acknowledger.js';
import { type AmqpLink, closeChannel, ensureQueue } from './connection.js';
import { AmqpDead } from './dead-letters.js';

/** The most that AMQP can be asked to send ahead. */
const MAX_PREFETCH = 65_535;
/** Time that more messages are waited for while they keep coming, and how many times at most. */
const LINGER_MS = 5;
const MAX_LINGERS = 10;
/** Time until a queue that sends nothing is asked whether it is drained. */
const ASK_AFTER_MS = 25;

/** What belongs to one channel. */
interface Open {
  readonly channel: ConfirmChannel;
  readonly acknowledger: Acknowledger;
  readonly dead: AmqpDead;
}

/** A worker's side of a Celery queue on an AMQP broker, which gives back by itself what a dead worker held. */
export class AmqpConsumer {
  readonly #link: AmqpLink;
  readonly #burying: AmqpLink;
  readonly #queue: string;
  #open: Open | undefined;
  #opening: Promise<Open> | undefined;
  /** Sent by the broker, not yet taken. */
  #messages: ConsumeMessage[] = [];
  /** Wakes who waits for one. */
  #wake: (() => void)[] = [];

  constructor(link: AmqpLink, burying: AmqpLink, queue: string) {
    this.#link = link;
    this.#burying = burying;
    this.#queue = queue;
  }

  async take(context: TakeContext): Promise<readonly Delivery[]> {
    const { max, signal, wait = true } = context;
    while (!signal.aborted) {
      const open = await this.#ready(context);
      await (wait
        ? this.#arrival(signal)
        : withTimeout(ASK_AFTER_MS, signal, (limit) => this.#arrival(limit)));
      await this.#more(max, signal);
      // What came meanwhile may be another channel's.
      if (this.#open !== open) continue;
      const messages = this.#messages.splice(0, max);
      if (messages.length === 0) {
        if (!wait && (await this.#drained(open.channel))) return [];
        continue;
      }
      const deliveries = await deliveriesOf(messages, {
        read: (message) => this.#delivery(open, message),
        bury: (message, reason) => this.#bury(open, message, reason),
        refused: context.refused,
      });
      if (deliveries.length > 0) return deliveries;
    }
    // Whoever does not want to wait must not take what was not looked at for drained.
    if (!wait) signal.throwIfAborted();
    return [];
  }

  /** Gives back what was not taken. What was acknowledged is so when this resolves. */
  async leave(): Promise<void> {
    const open = this.#open;
    this.#lost(open);
    open?.acknowledger.flush();
    // The broker gives back what the channel held. Acknowledgements written before are read before the close.
    await Promise.all([open && closeChannel(open.channel), open?.dead.close()]);
  }

  #ready(context: TakeContext): Promise<Open> {
    if (this.#open !== undefined) return Promise.resolve(this.#open);
    this.#opening ??= this.#consume(context).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #consume({ max, hold = max }: TakeContext): Promise<Open> {
    const connection = await this.#link.open();
    await ensureQueue(connection, this.#queue);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    const open = {
      channel,
      acknowledger: new Acknowledger(channel),
      dead: new AmqpDead(this.#burying, `${this.#queue}.dead`),
    };
    channel.on('close', () => this.#lost(open));
    // As much again as the slots hold: RabbitMQ pauses for tenths of a second now and then, and the store need not.
    await channel.prefetch(Math.min(2 * hold, MAX_PREFETCH));
    this.#open = open;
    await channel.consume(this.#queue, (message) => {
      if (this.#open !== open) return;
      // The queue was deleted: another channel makes it again.
      if (message === null) void this.leave();
      else {
        open.acknowledger.received(message);
        this.#messages.push(message);
      }
      this.#awaken();
    });
    return open;
  }

  /** The broker gives what this channel held to others, or to the next channel. */
  #lost(open: Open | undefined): void {
    if (this.#open !== open) return;
    this.#open = undefined;
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

  /** Messages come one by one, however many there are: a batch of few costs the store as much as one of many, one of half as many does not. */
  async #more(max: number, signal: AbortSignal): Promise<void> {
    for (let i = 0, before = 0; i < MAX_LINGERS && !signal.aborted; i++) {
      if (this.#messages.length === before || this.#messages.length >= max / 2) return;
      before = this.#messages.length;
      await sleep(LINGER_MS);
    }
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

  #delivery(open: Open, message: ConsumeMessage): Delivery {
    const { headers, contentType } = message.properties;
    return {
      report: readMessage({ headers, contentType, body: message.content }),
      acknowledge: () => open.acknowledger.acknowledge(message),
      retry: () => open.acknowledger.giveBack(message),
      reject: (reason) => this.#bury(open, message, reason),
    };
  }

  /** To the dead ones, with the reason; acknowledged once it is there. What cannot be buried now goes back. */
  async #bury(open: Open, message: ConsumeMessage, reason: string): Promise<void> {
    try {
      await open.dead.add(message, reason);
    } catch (error) {
      if (this.#open === open) await open.acknowledger.giveBack(message);
      throw error;
    }
    await open.acknowledger.acknowledge(message);
  }
}
