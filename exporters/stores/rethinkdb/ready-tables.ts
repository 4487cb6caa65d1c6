import { untilAborted } from '../../timing/until-aborted.js';

/**
 * The tables that can be written to. Each is made once, and its making outlives the deadline of the
 * write that began it.
 */
export class ReadyTables {
  readonly #make: (table: string) => Promise<void>;
  readonly #tables = new Map<string, Promise<void>>();

  /** @param make makes a table, or finds that it is there. */
  constructor(make: (table: string) => Promise<void>) {
    this.#make = make;
  }

  /**
   * Resolves when the table can be written to.
   * @throws the error of making it, after which the next call tries again; the signal's reason when
   * it is aborted first.
   */
  async ensure(table: string, signal: AbortSignal): Promise<void> {
    let making = this.#tables.get(table);
    if (making === undefined) {
      making = this.#make(table).catch((error: unknown) => {
        this.#tables.delete(table);
        throw error;
      });
      this.#tables.set(table, making);
    }
    await untilAborted(making, signal);
  }

  /** Forgets a table that was dropped. */
  forget(table: string): void {
    this.#tables.delete(table);
  }
}
