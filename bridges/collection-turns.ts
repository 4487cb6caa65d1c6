import type { Observable } from '@opentelemetry/api';
import type { Subscription } from './cells/store.js';
import { monotonic } from './cells/system/real-timers.js';

/**
 * The collections of a meter as a store's subscription wants to be told of them. The API does not
 * say where a collection begins: the first instrument that is asked again begins the next one. A
 * collection that begins while another still walks is part of it.
 */
export class CollectionTurns {
  readonly #subscription: Subscription;
  readonly #asked = new Set<Observable>();
  #walking = 0;

  constructor(subscription: Subscription) {
    this.#subscription = subscription;
  }

  /** `instrument` is asked, and answers by `walk`. */
  run(instrument: Observable, walk: () => Promise<void> | undefined): Promise<void> | undefined {
    if (this.#walking === 0) this.#turn(instrument);
    this.#asked.add(instrument);
    const walked = walk();
    if (walked === undefined) return undefined;
    this.#walking++;
    return walked.finally(() => {
      this.#walking--;
    });
  }

  #turn(instrument: Observable): void {
    if (this.#asked.has(instrument)) this.#asked.clear();
    if (this.#asked.size > 0) return;
    this.#subscription.collected();
    this.#subscription.collecting(monotonic());
  }
}
