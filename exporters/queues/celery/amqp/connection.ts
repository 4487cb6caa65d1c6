import type { Duplex } from 'node:stream';
import type { Channel, ChannelModel } from 'amqplib';
import { codeOf } from '../../../error-code.js';
import { ImproperlyConfiguredError } from '../../../errors.js';
import { notLoaded } from '../../../setup/assert-installed.js';
import { exportsOf } from '../../../setup/package-loading.js';
import { setImmediate } from '../../../timing/real-timers.js';

/** The words of a take or write that the end of its queue overtakes. */
export const CLOSED = 'the queue is closed';

/** A connection's socket, as a rule. */
type Stream = Duplex & { unref?(): void };

/**
 * A connection to an AMQP broker, opened when it is needed and again after it was lost. One that
 * the application gave stays open.
 */
export class AmqpLink {
  readonly #given: ChannelModel | undefined;
  readonly #urls: readonly string[];
  /** The place of the URL that is tried next: the last good one, or the one after a bad one. */
  #at = 0;
  /** Seconds between heartbeats, 0 for none. amqplib's timers for them keep a program running. */
  readonly #heartbeat: number;
  /** Milliseconds. */
  readonly #connectTimeout: number;
  #connection: ChannelModel | undefined;
  #opening: Promise<ChannelModel> | undefined;
  #closed = false;
  /** The reason why the broker takes nothing now: it is short of memory or disk. */
  #blocked: string | undefined;
  /** Takes the listeners off the connection. */
  #ignore: () => void = () => {};

  constructor(
    connection: ChannelModel | undefined,
    urls: readonly string[],
    heartbeat: number,
    connectTimeout = 5_000,
  ) {
    this.#given = connection;
    this.#urls = urls;
    this.#heartbeat = heartbeat;
    this.#connectTimeout = connectTimeout;
  }

  /** The open connection. Rejects if the broker cannot be reached now, and after {@link close}. */
  open(): Promise<ChannelModel> {
    if (this.#closed) return Promise.reject(new Error(CLOSED));
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** True while the broker reads nothing. */
  get isBlocked(): boolean {
    return this.#blocked !== undefined;
  }

  /**
   * @throws when the broker reads nothing now that is published: whatever is written stays in our
   * memory.
   */
  assertReading(): void {
    if (this.#blocked !== undefined)
      throw new Error(
        `the AMQP broker accepts no messages now (${this.#blocked}): start workers, or give it more memory and disk`,
      );
  }

  /**
   * Closes a connection of ours. Close its channels before: a connection's close overtakes what
   * they still have to say.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#given !== undefined) this.#ignore();
    if (connection === undefined || connection === this.#given) return;
    // A blocked broker reads nothing, and so not that we leave.
    if (this.#blocked === undefined) await connection.close().catch(() => {});
    else streamOf(connection)?.destroy();
  }

  /**
   * Cuts a connection of ours at once, and with it everything that was written and not sent yet.
   * @returns false if there is none: the request then continues.
   */
  drop(): boolean {
    const connection = this.#connection;
    if (connection === undefined || connection === this.#given) return false;
    this.#connection = undefined;
    streamOf(connection)?.destroy();
    return true;
  }

  /** An open connection of ours does not keep the program running any more. */
  unref(): void {
    if (this.#connection !== undefined && this.#connection !== this.#given)
      streamOf(this.#connection)?.unref?.();
  }

  async #connect(): Promise<ChannelModel> {
    const connection = this.#given ?? (await this.#dial());
    this.#blocked = undefined;
    this.#connection = connection;
    if (connection === this.#given) this.#ignore();
    this.#listenTo(connection);
    // The link was closed while connecting: nothing else would close this connection.
    if (this.#closed) {
      await this.close();
      throw new Error(CLOSED);
    }
    return connection;
  }

  #listenTo(connection: ChannelModel): void {
    const listeners = {
      error: () => {},
      close: () => {
        if (this.#connection === connection) this.#connection = undefined;
      },
      blocked: (reason: string) => {
        this.#blocked = reason || 'it is short of memory or disk';
      },
      unblocked: () => {
        this.#blocked = undefined;
      },
    };
    this.#ignore = () => {
      for (const [event, listener] of Object.entries(listeners)) connection.off(event, listener);
    };
    for (const [event, listener] of Object.entries(listeners)) connection.on(event, listener);
  }

  /** Tries each URL once. */
  async #dial(): Promise<ChannelModel> {
    let fault: unknown;
    for (let tried = 0; tried < this.#urls.length; tried++) {
      try {
        return await this.#dialTo(this.#urls[this.#at]!);
      } catch (error) {
        fault = error;
        this.#at = (this.#at + 1) % this.#urls.length;
      }
    }
    throw fault;
  }

  async #dialTo(broker: string): Promise<ChannelModel> {
    const { connect } = await import('amqplib')
      .catch(notLoaded('CeleryQueue', 'amqplib', '2'))
      .then(exportsOf);
    const url = new URL(broker);
    if (!url.searchParams.has('heartbeat'))
      url.searchParams.set('heartbeat', String(this.#heartbeat));
    try {
      const connection = await connect(url.href, {
        timeout: this.#connectTimeout,
        noDelay: true,
        keepAlive: true,
        clientProperties: { connection_name: 'kaneda' },
      });
      readInTurns(streamOf(connection));
      return connection;
    } catch (error) {
      throw explainAmqpError(error);
    }
  }
}

function streamOf(connection: ChannelModel): Stream | undefined {
  return (connection.connection as { stream?: Stream }).stream;
}

/**
 * Has amqplib read in a turn of its own what has come, and others have theirs before the next. It
 * reads within Node's callback for each 64 KiB, of which Node makes up to 32 in one turn: thousands
 * of messages, for which everybody else would wait.
 */
function readInTurns(stream: Stream | undefined): void {
  for (const read of (stream?.listeners('readable') ?? []) as (() => void)[]) {
    stream?.off('readable', read).on('readable', () => setImmediate(read));
  }
}

/**
 * Makes sure that a queue exists, durable, without touching one that does: to declare it with other
 * arguments than its own closes the channel.
 * @throws ImproperlyConfiguredError when the user may not.
 */
export async function ensureQueue(connection: ChannelModel, queue: string): Promise<void> {
  if (await hasQueue(connection, queue)) return;
  try {
    await onChannel(connection, (channel) => channel.assertQueue(queue, { durable: true }));
  } catch (error) {
    throw explainAmqpError(error);
  }
}

/**
 * Tells whether a queue exists, and makes none.
 * @throws ImproperlyConfiguredError when the user may not.
 */
export async function hasQueue(connection: ChannelModel, queue: string): Promise<boolean> {
  try {
    return await onChannel(connection, (channel) =>
      channel.checkQueue(queue).then(() => true, missing),
    );
  } catch (error) {
    throw explainAmqpError(error);
  }
}

/**
 * Closes a channel. amqplib never answers a close that the end of the connection overtakes, but
 * tells of the end.
 */
export function closeChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    channel.once('close', resolve);
    channel.close().then(resolve, () => resolve());
  });
}

/** Asks something on a channel of its own: a broker closes the channel on each error. */
export async function onChannel<T>(
  connection: ChannelModel,
  ask: (channel: Channel) => Promise<T>,
): Promise<T> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  let open = true;
  channel.on('close', () => {
    open = false;
  });
  try {
    return await ask(channel);
  } finally {
    if (open) await closeChannel(channel);
  }
}

function missing(error: unknown): false {
  if (codeOf(error) === 404) return false;
  throw error;
}

/**
 * Refused credentials and rights need an administrator: a broker that answers 403 or 530 will
 * answer it again.
 */
function explainAmqpError(error: unknown): unknown {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  // amqplib does not say why a broker closes instead of opening: it has no such virtual host, or
  // not for this user.
  if (
    code === 403 ||
    code === 530 ||
    /ACCESS[_-]REFUSED|NOT_ALLOWED|ConnectionOpenOk.*ConnectionClose/.test(text)
  ) {
    return new ImproperlyConfiguredError(
      `the AMQP broker refuses (${text}): correct the user, the password, the rights or the virtual host`,
      {
        cause: error,
      },
    );
  }
  return error;
}
