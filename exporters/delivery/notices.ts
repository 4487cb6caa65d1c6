import type { Problems } from '../diagnostics/problems.js';
import type { Health } from './health.js';
import { shortenReason } from './ledger.js';

const CLOSE_REMEDY =
  'Close last, with a longer timeout, or give the exporter an outbox with a directory';
/** Characters of a report's name in a message. */
const MAX_NAME_CHARACTERS = 80;
/** Different reasons for refusals that are told; the ledger names more. */
const REFUSALS_TOLD = 10;

/** Tells what was lost or refused. */
export class Notices {
  readonly #problems: Problems;
  readonly #health: Health;
  #refusals = 0;

  constructor(problems: Problems, health: Health) {
    this.#problems = problems;
    this.#health = health;
  }

  /** Reports were dropped at the end. The warning of an outage has already announced it. */
  dropped(text: string): void {
    if (this.#health.isTold) return;
    this.#problems.tell(
      'KANEDA_DROPPED',
      `${text}: they are dropped, ledger().dropped counts them. ${CLOSE_REMEDY}`,
      { kind: 'closed', remedy: CLOSE_REMEDY },
    );
  }

  /**
   * A report was rejected, or could not be made. Called once for each reason; the first ten are
   * told, because a store may put a value of each report into its reason.
   * @param name of the report, where there is one.
   */
  refused(reason: string, name: string | undefined): void {
    if (this.#refusals++ >= REFUSALS_TOLD) return;
    const subject =
      name === undefined
        ? 'data that cannot be stored'
        : `a report ${JSON.stringify(name.slice(0, MAX_NAME_CHARACTERS))}`;
    this.#problems.tell(
      'KANEDA_REJECTED',
      `${subject} was rejected: ${shortenReason(reason)}. It will not be tried again; ledger().rejected counts all of them, and other reports are not delayed. Shown once for this reason`,
      { kind: `rejected ${reason}` },
    );
  }
}
