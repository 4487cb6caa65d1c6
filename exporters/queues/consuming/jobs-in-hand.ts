import { Heartbeat } from './heartbeat.js';

/**
 * The jobs that a worker has in hand, by the ids under which Redis keeps them for the worker. When
 * an answer is lost, the two can differ: Redis has given jobs of which the worker never heard, or
 * still keeps jobs that the worker believes it has ended. So with each beat the worker sends the
 * ids that it has in hand, and all other jobs that Redis keeps for it go back to the queue.
 */
export class JobsInHand {
  readonly #ids = new Set<string>();
  readonly #send: (inHand: readonly string[]) => Promise<unknown>;
  readonly #heartbeat = new Heartbeat(() => this.beat());
  #takesUnderWay = 0;
  #isBeatDue = false;

  /** @param send tells Redis that the worker lives, and the ids of what it has in hand. */
  constructor(send: (inHand: readonly string[]) => Promise<unknown>) {
    this.#send = send;
  }

  /** Sends a beat at once, and from then on again and again. Rejects when the first one fails. */
  async start(): Promise<void> {
    await this.#send([...this.#ids]);
    this.#heartbeat.start();
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  /** Takes more jobs. @param idsOf the ids of the jobs that were taken. */
  async take<T>(ask: () => Promise<T>, idsOf: (taken: T) => readonly string[]): Promise<T> {
    this.#takesUnderWay++;
    try {
      const taken = await ask();
      for (const id of idsOf(taken)) this.#ids.add(id);
      return taken;
    } finally {
      this.#takesUnderWay--;
      if (this.#isBeatDue) this.beat().catch(() => {});
    }
  }

  /** Forgets jobs that the worker no longer works on. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#ids.delete(id);
  }

  /**
   * Sends the ids of what is in hand. Redis runs the commands of one connection in their order:
   * once no take is under way, all jobs that it gave are known here.
   */
  async beat(): Promise<void> {
    this.#isBeatDue = this.#takesUnderWay > 0;
    if (!this.#isBeatDue) await this.#send([...this.#ids]);
  }
}
