import { Queue } from './fifo.js';

interface Waiter {
  readonly place: number;
  readonly promise: Promise<boolean>;
  readonly resolve: (saved: boolean) => void;
}

/**
 * Callers who wait until everything before a place is on disk. Places only grow, so that the first
 * to be answered stand in front: each waiter is looked at once, however many there are. Callers
 * with one place share a promise.
 */
export class SavedWaiters {
  readonly #queue = new Queue<Waiter>();
  #last: Waiter | undefined;

  /** Adds a waiting caller. @param place not before any place that was waited for earlier. */
  add(place: number): Promise<boolean> {
    if (this.#last?.place === place) return this.#last.promise;
    let resolve: (saved: boolean) => void;
    const promise = new Promise<boolean>((settle) => {
      resolve = settle;
    });
    this.#last = { place, promise, resolve: resolve! };
    this.#queue.push(this.#last);
    return promise;
  }

  /** Answers `true` to all whose place is not behind `first`, the first that is not on disk. */
  saved(first: number): void {
    for (let next = this.#queue.first(); next !== undefined && next.place <= first; ) {
      this.#answer(true);
      next = this.#queue.first();
    }
  }

  /** Answers `false` to all that are left: the disk does not take it. */
  unsaved(): void {
    while (this.#queue.length > 0) this.#answer(false);
  }

  #answer(saved: boolean): void {
    const waiter = this.#queue.shift()!;
    if (waiter === this.#last) this.#last = undefined;
    waiter.resolve(saved);
  }
}
