import { performance } from 'node:perf_hooks';
import { DeadlineError } from '../../exporters/errors.js';

/** The longest that a timer can wait. */
const LONGEST = 2 ** 31 - 1;

/** A timeout as a caller gave it: a number of milliseconds from 0 on (`Infinity` too), else `otherwise`. */
export function timeoutOf(options: unknown, otherwise: number): number {
  try {
    const timeout = (options as { timeout?: unknown } | undefined)?.timeout;
    return typeof timeout === 'number' && timeout >= 0 ? Math.min(timeout, LONGEST) : otherwise;
  } catch {
    return otherwise;
  }
}

/** One deadline for several steps that follow each other. */
export class Deadline {
  readonly #end: number;
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#end = performance.now() + milliseconds;
  }

  /** Whole milliseconds left, 0 at least. */
  left(): number {
    return Math.max(0, Math.ceil(this.#end - performance.now()));
  }

  /**
   * Resolves as `work` does, or rejects with a DeadlineError once the time is up, whose `cause` names `what` has not answered; `work` then
   * goes on unwatched. Its timer keeps the process alive: who waits for a flush must get an answer.
   */
  async of<T>(work: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#passed(what)), Math.min(this.left(), LONGEST));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
      work.catch(() => undefined);
    }
  }

  #passed(what: string): DeadlineError {
    const timeout = `${this.#milliseconds} ms`;
    return new DeadlineError(
      `Timed out after ${timeout} before everything was handed over: ${what} has not finished. The rest is kept and is handed over by a later flush.`,
      { cause: new DOMException(`${what} has not finished within ${timeout}`, 'TimeoutError') },
    );
  }
}
