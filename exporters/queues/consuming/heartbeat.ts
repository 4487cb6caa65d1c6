import { clearInterval, setInterval } from '../../timing/real-timers.js';

/** Milliseconds between two beats of a worker. */
export const BEAT_MS = 10_000;
/**
 * Milliseconds after the last beat until a worker counts as dead and its jobs go back: with the
 * others' beats, within a minute.
 */
export const LEASE_MS = 30_000;

/**
 * Calls `beat` again and again, never two at a time, until it is stopped. A beat that fails is left
 * to the next one.
 */
export class Heartbeat {
  readonly #beat: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  #stopped = false;

  constructor(beat: () => Promise<void>) {
    this.#beat = beat;
  }

  /** Begins, unless it was stopped. */
  start(): void {
    if (this.#stopped) return;
    this.#timer ??= setInterval(() => void this.#once(), BEAT_MS).unref();
  }

  /** Ends the heartbeat. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #once(): Promise<void> {
    if (this.#beating) return;
    this.#beating = true;
    // The broker may be away: the jobs are then safe, and the next beat comes.
    await this.#beat().catch(() => {});
    this.#beating = false;
  }
}
