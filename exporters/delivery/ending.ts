import { cleanError } from '../diagnostics/secrets.js';
import { DeadlineError } from '../errors.js';
import { timeoutOf } from '../timing/timeout-of.js';
import { settlesWithin } from '../timing/with-timeout.js';
import type { Assembly } from './assemble.js';
import { flushParts, flushToTheLast } from './flush.js';

/** Milliseconds. */
const FLUSH_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Of the time to close, at most this much is kept for letting go of the store. */
const RESERVE_MS = 500;

/** The limits of a flush or close. */
export interface Deadline {
  /** Milliseconds. */
  timeout?: number;
}

/** Flushes an exporter, and ends it once. */
export class Ending {
  readonly #parts: Assembly;
  readonly #disconnect: () => Promise<void>;
  #closing: Promise<void> | undefined;
  /** Lets the first caller go on, who may have to shut down another user. */
  #goOn = (): void => undefined;

  /** @param disconnect lets go of the store. */
  constructor(parts: Assembly, disconnect: () => Promise<void>) {
    this.#parts = parts;
    this.#disconnect = disconnect;
  }

  /**
   * Resolves when everything recorded so far is stored or safe on disk.
   * @throws DeadlineError when the time is over.
   */
  async flush(deadline: Deadline): Promise<void> {
    const timeout = timeoutOf(deadline, FLUSH_TIMEOUT_MS);
    const { callers, counts, problems, loop } = this.#parts;
    // While it shuts down for one caller, another flushes what it hands over and goes on as soon as
    // that is stored.
    const drained = flushParts(this.#parts, timeout);
    const done = await (this.#closing === undefined
      ? drained
      : Promise.race([drained, this.#closing.then(() => true)]));
    callers.flushed();
    if (done) return;
    const { pending } = counts.ledger();
    throw new DeadlineError(
      `${problems.subject}: ${pending} reports are not stored after ${timeout} ms; they are kept and tried again`,
      loop.fault === undefined ? undefined : { cause: loop.fault },
    );
  }

  /** Flushes, then lets go of the store. Never rejects; a second call waits for the first. */
  shutdown(deadline: Deadline): Promise<void> {
    this.#parts.callers.ended();
    if (this.#closing !== undefined) return this.#closing;
    const first = new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    this.#closing = this.#close(timeoutOf(deadline, CLOSE_TIMEOUT_MS));
    return Promise.race([first, this.#closing]);
  }

  /** Removes one user: the last one to leave shuts down, earlier ones only flush. Never rejects. */
  async detach(deadline: Deadline): Promise<void> {
    const { callers } = this.#parts;
    callers.detach();
    if (callers.attached === 0) return this.shutdown(deadline);
    await flushParts(this.#parts, timeoutOf(deadline, CLOSE_TIMEOUT_MS));
  }

  /**
   * First everything gets its chance; then, within the rest of the time, whatever still hangs is
   * cut off.
   */
  async #close(timeout: number): Promise<void> {
    const { callers, receiver, loop, writer, clock, observer } = this.#parts;
    const reserve = Math.min(RESERVE_MS, timeout / 5);
    const isStored = await flushToTheLast(this.#parts, timeout - reserve);
    if (isStored && callers.isOneLeft) {
      this.#goOn();
      await flushToTheLast(this.#parts, timeout - reserve);
    }
    receiver.close();
    loop.stop();
    writer.stop();
    await settlesWithin(reserve, this.#release(), clock);
    observer.stop();
  }

  async #release(): Promise<void> {
    const { counts, intake, notices, outbox, problems, secrets, writer } = this.#parts;
    try {
      await intake.idle();
      let dropped = 0;
      await outbox.close((signal) => {
        dropped += 1;
        counts.drop(signal, 'deadline at close');
      });
      if (dropped > 0) notices.dropped(`${dropped} reports were not stored when it closed`);
      await writer.callStore(this.#disconnect);
    } catch (error) {
      const { message } = cleanError(error, secrets());
      problems.tell('KANEDA_STORE', `closing failed: ${message}`, { kind: 'disconnect' });
    }
  }
}
