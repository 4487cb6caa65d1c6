import { DeadlineError } from '../../exporters/errors.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { settlesWithin } from '../../exporters/timing/with-timeout.js';

/** One deadline for several steps that follow each other. */
export class Deadline {
  readonly #end: number;
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#end = monotonic() + milliseconds;
  }

  /** Whole milliseconds left, 0 at least. */
  left(): number {
    return Math.max(0, Math.ceil(this.#end - monotonic()));
  }

  /**
   * The result of `work`, which goes on unwatched once the time is up. Keeps the process alive: who
   * waits for a flush must get an answer.
   * @throws DeadlineError once the time is up, whose `cause` names `what` has not answered; what
   * `work` rejects with.
   */
  async of<T>(work: Promise<T>, what: string): Promise<T> {
    if (await settlesWithin(this.left(), work)) return work;
    throw this.#passed(what);
  }

  #passed(what: string): DeadlineError {
    const timeout = `${this.#milliseconds} ms`;
    return new DeadlineError(
      `Timed out after ${timeout} before everything was handed over: ${what} has not finished. The rest is kept and is handed over by a later flush.`,
      { cause: new DOMException(`${what} has not finished within ${timeout}`, 'TimeoutError') },
    );
  }
}
