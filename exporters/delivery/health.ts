import type { Problems } from '../diagnostics/problems.js';

const OUTAGE = 'KANEDA_OUTAGE';
const CONFIGURATION = 'KANEDA_IMPROPERLY_CONFIGURED';
/** Reports were dropped because the outbox was full. */
export const FULL = 'outbox full';

/**
 * The state of a store or a queue. An outage and a fault in its set-up are told once each, and so
 * is their end.
 */
export class Health {
  readonly #problems: Problems;
  readonly #recovered: string;
  #fault: (Error & { readonly remedy?: string }) | undefined;

  /** @param recovered tells that it works again. */
  constructor(problems: Problems, recovered: string) {
    this.#problems = problems;
    this.#recovered = recovered;
  }

  /** The reason of the last failure, without secrets; `undefined` while all is well. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Somebody has been told of a failure that is not over. */
  get isTold(): boolean {
    return this.#problems.isTold(OUTAGE, CONFIGURATION);
  }

  /** It failed. @param fate a sentence about what becomes of the reports. */
  failed(fault: Error & { readonly remedy?: string; readonly code?: unknown }, fate: string): void {
    this.#fault = fault;
    const code = fault.code === CONFIGURATION ? CONFIGURATION : OUTAGE;
    this.#problems.tell(code, `${fault.message}. ${fate}`, { remedy: fault.remedy, cause: fault });
  }

  /** Somebody gave up waiting: a reason, but nothing to tell. */
  interrupted(fault: Error): void {
    this.#fault = fault;
  }

  /** It did not fail. @param proved it took a report, or gave one. */
  worked(proved: boolean): void {
    this.#fault = undefined;
    if (!proved) return;
    // A full outbox without an outage is a burst, which may come and go many times a second.
    if (this.isTold) this.#problems.over([FULL]);
    this.#problems.over([OUTAGE, CONFIGURATION], this.#recovered);
  }
}
