import { Heartbeat } from './heartbeat.js';

/**
 * The jobs that a worker has in hand, by the ids under which Redis keeps them for the worker. When
 * an answer is lost, the two can differ: Redis has given jobs of which the worker never heard, or
 * still keeps jobs that the worker believes it has ended. So with each beat the worker sends the
 * ids that it has in hand, and all other jobs that Redis keeps for it go back to the queue.
 */
export class Holding {
  readonly #ids = new Set<string>();
  readonly #beat: (inHand: readonly string[]) => Promise<unknown>;
  readonly #heartbeat = new Heartbeat(() => this.tell());
  #taking = 0;
  #due = false;

  /** @param beat says that the worker lives, and what it has in hand. */
  constructor(beat: (inHand: readonly string[]) => Promise<unknown>) {
    this.#beat = beat;
  }

  /** Says so at once, and from then on again and again. */
  async start(): Promise<void> {
    await this.#beat([...this.#ids]);
    this.#heartbeat.start();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  /** Takes more jobs. @param idsOf the ids of the jobs that were taken. */
  async take<T>(ask: () => Promise<T>, idsOf: (taken: T) => readonly string[]): Promise<T> {
    this.#taking++;
    try {
      const taken = await ask();
      for (const id of idsOf(taken)) this.#ids.add(id);
      return taken;
    } finally {
      this.#taking--;
      if (this.#due) this.tell().catch(() => {});
    }
  }

  /** Ends what was in hand, whether or not Redis could be told. */
  async end<T>(ids: readonly string[], tell: () => Promise<T>): Promise<T> {
    try {
      return await tell();
    } finally {
      for (const id of ids) this.#ids.delete(id);
    }
  }

  /**
   * Says what is in hand. Commands of one connection are run in their order: once no take is under
   * way, all of it is known.
   */
  async tell(): Promise<void> {
    this.#due = this.#taking > 0;
    if (!this.#due) await this.#beat([...this.#ids]);
  }
}
