import type { Clock } from '../timing/clock.js';

/** Those who have more to hand over and wait until few reports are left, as long as that helps. */
export class Ease {
  readonly #isEased: () => boolean;
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  /** @param isEased tells if more should come. */
  constructor(isEased: () => boolean, clock: Clock) {
    this.#isEased = isEased;
    this.#clock = clock;
  }

  /** Resolves when more should come, at the latest after `ms` milliseconds. */
  wait(ms: number): Promise<void> {
    if (this.#isEased()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        this.#waiting.delete(end);
        resolve();
      };
      const timer = this.#clock.after(ms, end, { keepAlive: false });
      this.#waiting.add(end);
    });
  }

  /** Reports have left, or a write failed. */
  changed(): void {
    if (this.#waiting.size > 0 && this.#isEased()) for (const end of this.#waiting) end();
  }
}
