import type { Outcome } from '../../delivery/batch-writer.js';
import { SuspectError } from './outcomes.js';

/** Refusals without a single success after which the server itself is thought to be ill. A lone culprit in 1 000 takes ten. */
const ENOUGH = 40;
/** Times that a report which came alone is tried before it is thought to be the culprit. */
const ATTEMPTS = 5;

/**
 * Narrows down which documents a server refuses for a reason that nobody understands: such a document would hold up all that come
 * after it. A document is convicted when others of its batch were stored at the same time, or when it was refused five times alone.
 */
export class Suspects<T extends { _id: string }> {
  private lone = { id: '', attempts: 0 };

  constructor(private readonly insert: (documents: readonly T[]) => Promise<readonly Outcome[]>) {}

  /** @throws what `insert` throws; SuspectError when no document could be stored */
  async write(documents: readonly T[]): Promise<readonly Outcome[]> {
    const outcomes = new Array<Outcome>(documents.length).fill('retry');
    const refused = new Map<number, string>();
    const ranges: (readonly [number, number])[] = [[0, documents.length]];
    let stored = false;
    let refusals = 0;
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const [from, to] = range;
      try {
        const answers = await this.insert(documents.slice(from, to));
        answers.forEach((answer, i) => {
          outcomes[from + i] = answer;
        });
        stored ||= answers.includes('stored');
      } catch (error) {
        if (!(error instanceof SuspectError) || (!stored && ++refusals >= ENOUGH)) throw error;
        if (to - from === 1) refused.set(from, error.message);
        else ranges.push([(from + to) >> 1, to], [from, (from + to) >> 1]);
      }
    }
    for (const [position, reason] of refused) {
      const { _id } = documents[position]!;
      if (!stored && !this.isConvicted(_id)) throw new SuspectError(reason);
      outcomes[position] = { rejected: reason };
      // One at a time: the others get their chance without it.
      if (!stored) break;
    }
    return outcomes;
  }

  private isConvicted(id: string): boolean {
    if (this.lone.id !== id) this.lone = { id, attempts: 0 };
    this.lone.attempts += 1;
    return this.lone.attempts >= ATTEMPTS;
  }
}
