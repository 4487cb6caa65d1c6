/**
 * Makes one call of all that are asked for in one turn: a batch is acknowledged in one round trip.
 */
export class TurnBatcher<T> {
  readonly #call: (items: readonly T[]) => Promise<void>;
  #items: T[] = [];
  #next: Promise<void> | undefined;

  constructor(call: (items: readonly T[]) => Promise<void>) {
    this.#call = call;
  }

  add(item: T): Promise<void> {
    this.#items.push(item);
    this.#next ??= Promise.resolve().then(() => {
      const items = this.#items;
      this.#items = [];
      this.#next = undefined;
      return this.#call(items);
    });
    return this.#next;
  }
}
