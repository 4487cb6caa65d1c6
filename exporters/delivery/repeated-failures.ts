/**
 * A batch counts as stuck after this many failures in a row of one kind: where the store itself
 * answered, and where that is not known.
 */
const STUCK_AFTER_ANSWERS = 3;
const STUCK_AFTER_ERRORS = 12;

/** Codes of this package's errors that say nothing of a report. */
const OWN_CODES = new Set(['KANEDA_IMPROPERLY_CONFIGURED', 'KANEDA_DEADLINE']);
/** Answers of a store, or of a proxy before it, that is overloaded or away. */
const AWAY_STATUS = new Set([401, 403, 407, 408, 429, 502, 503, 504]);
/** The system's codes (`ECONNREFUSED`), undici's and Node's for connections. */
const CONNECTION_CODE = /^(E[A-Z0-9]{2,}|UND_ERR_.*|HPE_.*|ABORT_ERR)$/;

/** Batches whose failures are remembered. */
const MAX_BATCHES = 100;

/**
 * The failures of batches that come again and again, by the id of their first report: several
 * callers write in turn, and what one of them stores says nothing of the other's batch.
 */
export class FailingBatches {
  readonly #batches = new Map<string, RepeatedFailures>();

  /**
   * Returns the number of probes of the batch that begins with this report; zero while it is not
   * stuck.
   */
  probe(id: string): number {
    return this.#batches.get(id)?.probe ?? 0;
  }

  /** A write of the batch failed. */
  record(id: string, error: unknown): void {
    const failures = this.#batches.get(id) ?? new RepeatedFailures();
    // The one that failed last is forgotten last.
    this.#batches.delete(id);
    this.#batches.set(id, failures);
    failures.record(error);
    if (this.#batches.size > MAX_BATCHES) this.forget(this.#batches.keys().next().value!);
  }

  /** The store stored some of the batch. */
  forget(id: string): void {
    this.#batches.delete(id);
  }
}

/** Counts failures of one kind in a row, over many writes. */
class RepeatedFailures {
  #kind: string | undefined;
  #count = 0;
  #stuckAfter = STUCK_AFTER_ERRORS;

  /** The number of probes of the stuck batch, this time included; zero while no batch is stuck. */
  get probe(): number {
    return Math.max(0, this.#count - this.#stuckAfter + 1);
  }

  /** A write failed. */
  record(error: unknown): void {
    const kind = kindOf(error);
    this.#count = kind !== undefined && kind === this.#kind ? this.#count + 1 : 1;
    if (kind === undefined) this.#count = 0;
    this.#kind = kind;
    this.#stuckAfter = isAnswer(error) ? STUCK_AFTER_ANSWERS : STUCK_AFTER_ERRORS;
  }
}

/**
 * The kind of an error that may lie in a report; `undefined` for one that says that the store is
 * away, overloaded or set up wrongly, whatever the reports are.
 */
export function kindOf(error: unknown): string | undefined {
  const { code, status, statusCode, reconnect, name, message } = Object(error) as {
    [key: string]: unknown;
  };
  const answered = Number(status ?? statusCode);
  if (reconnect === true || AWAY_STATUS.has(answered) || name === 'AbortError') return undefined;
  if (typeof code === 'string' && (OWN_CODES.has(code) || CONNECTION_CODE.test(code)))
    return undefined;
  return `${name} ${String(code ?? '')} ${answered} ${String(message).replace(/\d+/g, '0')}`;
}

/** True for an error that a server answered with: it has a status or a number as its code. */
function isAnswer(error: unknown): boolean {
  const { code, status, statusCode } = Object(error) as { [key: string]: unknown };
  return [code, status, statusCode].some((value) => typeof value === 'number');
}
