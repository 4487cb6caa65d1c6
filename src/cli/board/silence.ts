import { clearTimeout, setTimeout } from '../../../exporters/timing/real-timers.js';

/** Aborts a reading that nothing comes from for too long. */
export class Silence {
  readonly #limit: number;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** `limit`: milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
    this.broken();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Called when something came. */
  broken(): void {
    this.end();
    const reason = new Error(`no answer for ${this.#limit / 1_000} s: is it running?`);
    this.#timer = setTimeout(() => this.#abort.abort(reason), this.#limit).unref();
  }

  /** Called when nothing more is to come. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
