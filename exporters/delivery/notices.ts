import type { Problems } from '../diagnostics/problems.js';
import type { Health } from './health.js';

const CLOSE_REMEDY =
  'Close last, with a longer timeout, or give the exporter an outbox with a directory';
/** Characters of a report's name, and of the store's reason, in a message. */
const NAME_LENGTH = 80;
const REASON_LENGTH = 200;
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

  /** Reports were dropped at the end. Who was told of an outage knows what becomes of them. */
  dropped(text: string): void {
    if (this.#health.isTold) return;
    this.#problems.tell(
      'KANEDA_DROPPED',
      `${text}: they are dropped, ledger().dropped counts them. ${CLOSE_REMEDY}`,
      { kind: 'closed', remedy: CLOSE_REMEDY },
    );
  }

  /**
   * A report was refused for good, or could not be made. Called once for each reason; the first
   * ten are told, because a store may put a value of each report into its reason.
   * @param name of the report, where there is one.
   */
  refused(reason: string, name: string | undefined): void {
    if (this.#refusals++ >= REFUSALS_TOLD) return;
    const subject =
      name === undefined
        ? 'data that cannot be stored'
        : `a report ${JSON.stringify(name.slice(0, NAME_LENGTH))}`;
    this.#problems.tell(
      'KANEDA_REJECTED',
      `${subject} was refused for good: ${shortened(reason)}. ledger().rejected counts each, others are not held up; told once for this reason`,
      { kind: `rejected ${reason}` },
    );
  }
}

const shortened = (reason: string): string =>
  reason.length > REASON_LENGTH ? `${reason.slice(0, REASON_LENGTH)}…` : reason;
