import { Heartbeat } from './heartbeat.js';

/**
 * What a worker has in hand, by the ids under which Redis keeps it for the worker. When an answer is lost, the two can differ: Redis has given
 * jobs of which the worker never heard, or still keeps what the worker believes it has ended. So with each beat the worker says what it has in
 * hand, and the rest of what Redis keeps for it goes back to the queue.
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

  /** Takes more. @param idsOf what was taken. */
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

  /** Says what is in hand. Commands of one connection are run in their order: once no take is under way, all of it is known. */
  async tell(): Promise<void> {
    this.#due = this.#taking > 0;
    if (!this.#due) await this.#beat([...this.#ids]);
  }
}
