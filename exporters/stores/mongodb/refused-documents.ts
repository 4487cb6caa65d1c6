import type { Outcome } from '../../delivery/store.js';
import { SUSPECT, SuspectError } from './outcomes.js';

/**
 * Refusals without a single success after which the server itself is thought to be ill. A lone
 * culprit in 1,000 takes ten.
 */
const MAX_REFUSALS = 40;
/** Times that a report which came alone is tried before it is thought to be the culprit. */
const ATTEMPTS = 5;

/**
 * Narrows down which documents a server refuses for an unknown reason: such a document would hold
 * up all that come after it. A document is convicted when others of its batch were stored at the
 * same time, or when it was refused five times alone.
 */
export class RefusedDocumentFinder<T extends { _id: string }> {
  readonly #insert: (documents: readonly T[]) => Promise<readonly Outcome[]>;
  #soleRefusal = { id: '', attempts: 0 };

  constructor(insert: (documents: readonly T[]) => Promise<readonly Outcome[]>) {
    this.#insert = insert;
  }

  /** @throws the error of `insert`; SuspectError when no document could be stored */
  async write(documents: readonly T[]): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(documents.length).fill('retry');
    const refused = new Map<number, string>();
    const ranges: (readonly [number, number])[] = [[0, documents.length]];
    let stored = false;
    let refusals = 0;
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const [from, to] = range;
      try {
        const answers = await this.#insert(documents.slice(from, to));
        answers.forEach((answer, i) => {
          outcomes[from + i] = answer;
        });
        stored ||= answers.includes('stored');
      } catch (error) {
        const { code, message } = error as { code?: unknown; message: string };
        if (code !== SUSPECT || (!stored && ++refusals >= MAX_REFUSALS)) throw error;
        if (to - from === 1) refused.set(from, message);
        else ranges.push([(from + to) >> 1, to], [from, (from + to) >> 1]);
      }
    }
    for (const [position, reason] of refused) {
      const { _id } = documents[position]!;
      if (!stored && !this.#isCulprit(_id)) throw new SuspectError(reason);
      outcomes[position] = { rejected: reason };
      // One at a time: the others get their chance without it.
      if (!stored) break;
    }
    return outcomes;
  }

  #isCulprit(id: string): boolean {
    if (this.#soleRefusal.id !== id) this.#soleRefusal = { id, attempts: 0 };
    this.#soleRefusal.attempts += 1;
    return this.#soleRefusal.attempts >= ATTEMPTS;
  }
}
