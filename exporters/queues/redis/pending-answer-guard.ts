import { untilAborted } from '../../timing/until-aborted.js';

/**
 * Waits for an answer until a signal aborts. The application's connection cannot be dropped then:
 * nothing more is sent until the late answer is there, or each attempt would add to memory.
 */
export class PendingAnswerGuard {
  #late: Promise<unknown> | undefined;

  async wait<T>(signal: AbortSignal, ask: () => Promise<T>, drop?: () => void): Promise<T> {
    signal.throwIfAborted();
    if (this.#late !== undefined) throw new Error('Redis has not answered the last command yet');
    const answer = ask();
    let answered = false;
    const known = answer.finally(() => {
      answered = true;
    });
    try {
      return await untilAborted(known, signal);
    } finally {
      if (!answered) this.#giveUp(known, drop);
    }
  }

  #giveUp(answer: Promise<unknown>, drop: (() => void) | undefined): void {
    if (drop !== undefined) drop();
    else
      this.#late = answer
        .catch(() => {})
        .finally(() => {
          this.#late = undefined;
        });
  }
}
