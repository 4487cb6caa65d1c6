import { untilAborted } from '../../timing/until-aborted.js';
import type { Driver, DriverConnection, DriverOptions, Term } from './driver.js';

const GIVEN_UP = new Error('the connection was given up');

/** A connection to RethinkDB that ends by being thrown away, never by ending the application. */
export class RethinkConnection {
  readonly #connection: DriverConnection;
  readonly #own: boolean;
  #abandoned = false;

  /** @param own true for a connection that is closed here; false for the application's. */
  constructor(connection: DriverConnection, own: boolean) {
    this.#connection = connection;
    this.#own = own;
  }

  /**
   * Connects and signs in.
   * @throws the driver's error; when `signal` is aborted, its reason
   */
  static async open(
    driver: Driver,
    options: DriverOptions,
    signal: AbortSignal,
  ): Promise<RethinkConnection> {
    signal.throwIfAborted();
    let connection: DriverConnection | undefined;
    const opened = new Promise<void>((resolve, reject) => {
      connection = new driver.TcpConnection(options, (error) =>
        error ? reject(error) : resolve(),
      );
      guard(connection);
    });
    try {
      await untilAborted(opened, signal);
    } catch (error) {
      // Not `close()`: it forgets the socket. With an error, because that alone ends the driver's
      // own connect timer, which would keep a program that ends.
      connection?.rawSocket?.destroy(GIVEN_UP);
      throw error;
    }
    // Over TLS it is not let go of elsewhere.
    connection!.rawSocket?.unref?.();
    return new RethinkConnection(connection!, true);
  }

  /** A connection that the application made; it stays the application's. */
  static given(connection: DriverConnection): RethinkConnection {
    connection.on('error', () => {});
    return new RethinkConnection(connection, false);
  }

  isOpen(): boolean {
    return !this.#abandoned && this.#connection.isOpen();
  }

  /**
   * Runs a query. When `signal` is aborted first, the connection is given up with it: the driver
   * cannot take a query back.
   * @throws the driver's error, or the signal's reason
   */
  async run(term: Term, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    try {
      return await untilAborted(Promise.resolve(term.run(this.#connection)), signal);
    } finally {
      if (signal.aborted) this.close();
    }
  }

  /** Closes without waiting for anything; a given connection is only let go. */
  close(): void {
    this.#abandoned = true;
    if (this.#own && this.#connection.isOpen())
      this.#connection.close({ noreplyWait: false }).then(undefined, () => {});
  }
}

/**
 * An `error` event without a listener ends the application, and the driver emits one whenever an
 * idle connection breaks or its connect timer fires after a refused password. An error that its
 * socket listeners throw (at an answer that does not come from a RethinkDB) would end it too.
 */
function guard(connection: DriverConnection): void {
  connection.on('error', () => {});
  const socket = connection.rawSocket!;
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    try {
      return emit(event, ...args);
    } catch (error) {
      socket.destroy(GIVEN_UP);
      connection.emit('error', error);
      return true;
    }
  };
}
