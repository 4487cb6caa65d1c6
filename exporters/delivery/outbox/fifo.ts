/** The rest is moved to the front once this many places there are empty. */
const COMPACT_AFTER_ITEMS = 1_024;

/** First in, first out, each step in constant time on average, however long it grows. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  first(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AFTER_ITEMS && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** From the first on. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at]!;
  }
}
