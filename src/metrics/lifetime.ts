import type { Ledger } from '../../exporters/delivery/ledger.js';
import type { OnProblem } from '../../exporters/problems/problem.js';
import { tell } from '../../exporters/problems/tell.js';
import { flushBeforeExit, forgetBeforeExit } from '../../exporters/timing/before-exit.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { NamedFamilies } from './named-families.js';
import type { RefusalReason, Refusals } from './refusals.js';
import type { Sampled } from './sampled.js';

/** The parts of a `Metrics` that several may share. */
export interface SharedParts {
  readonly pipeline: Pipeline;
  readonly refusals: Refusals;
}

/**
 * The time in which a pipeline takes calls: from the first one to `close()`, or to the end of the
 * program.
 */
export class Lifetime {
  /** The next call must `wake` the pipeline first, or comes too late. */
  idle = true;
  /** Every call is a report of its own. Known once `wake` was called. */
  individual = false;
  /** Calls go into cells at once: neither `idle` nor `individual`. */
  aggregating = false;
  readonly #pipeline: Pipeline;
  readonly #refusals: Refusals;
  readonly #onProblem: OnProblem | undefined;
  readonly #families: NamedFamilies;
  readonly #leaving = {
    flush: (timeout: number) => this.#flushAtExit(timeout),
    end: (timeout: number) => void this.close(timeout),
  };
  readonly #sampled = new Set<Sampled>();
  /** Something was recorded since the process last seemed to end. */
  #used = false;
  #closing: Promise<void> | undefined;

  constructor(parts: SharedParts, families: NamedFamilies, onProblem: OnProblem | undefined) {
    this.#pipeline = parts.pipeline;
    this.#refusals = parts.refusals;
    this.#families = families;
    this.#onProblem = onProblem;
    parts.pipeline.whenClosed?.(() => {
      this.#sleep();
      this.#end();
    });
  }

  /** Sets the pipeline going at the first call. Answers why a call cannot be recorded. */
  wake(): RefusalReason | undefined {
    if (this.#closing !== undefined) return 'closed';
    const idle = !this.#pipeline.wake();
    if (this.#pipeline.refusal !== undefined) return this.#pipeline.refusal;
    if (!this.#used) flushBeforeExit(this.#leaving);
    this.#used = true;
    this.idle = idle;
    this.individual = this.#pipeline.individual;
    this.aggregating = !idle && !this.individual;
    return undefined;
  }

  /**
   * Samples `sampled` before each flush, until the function that is returned is called.
   * `undefined`: no calls are taken.
   */
  sample(sampled: Sampled): (() => void) | undefined {
    if (this.#closing !== undefined || this.#pipeline.refusal !== undefined) return undefined;
    this.#sampled.add(sampled);
    return () => void this.#sampled.delete(sampled);
  }

  /**
   * Hands over everything recorded so far, or waits for `close`.
   * @throws DeadlineError after `timeout` milliseconds.
   */
  async flush(timeout: number): Promise<void> {
    if (this.#closing === undefined) this.#sampleAll();
    await (this.#closing ?? this.#pipeline.flush(timeout));
  }

  /**
   * Flushes within `timeout` milliseconds, then lets go of the stores. Never rejects; a second call
   * waits for the first.
   */
  close(timeout: number): Promise<void> {
    if (this.#closing === undefined) this.#sampleAll();
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  /** The properties that an inspection shows. */
  get seen(): object {
    const { exporters = [], refusal } = this.#pipeline;
    return {
      enabled: refusal === 'disabled' ? false : undefined,
      mode: this.#pipeline.individual ? 'individual' : 'aggregate',
      exporters: exporters.length > 0 ? exporters : undefined,
      closed: this.#closing === undefined ? undefined : true,
      ledger: this.ledger(),
    };
  }

  /** The ledger: what became of everything recorded. A copy. */
  ledger(): Ledger {
    return { ...this.#pipeline.ledger(), refused: this.#refusals.counts() };
  }

  #sampleAll(): void {
    for (const sampled of this.#sampled) sampled.sample();
  }

  #end(): void {
    for (const sampled of this.#sampled) sampled.ended();
  }

  /** The next call goes through `wake`, also that of a handle. */
  #sleep(): void {
    this.idle = true;
    this.aggregating = false;
    this.#families.addDeferred();
  }

  async #close(timeout: number): Promise<void> {
    this.#sleep();
    this.#end();
    this.#tellIfNowhere();
    try {
      await this.#pipeline.close(timeout);
    } catch (error) {
      this.#tellClose(error);
    } finally {
      this.#refusals.count('waiting', this.#pipeline.abandoned ?? 0);
      forgetBeforeExit(this.#leaving);
    }
  }

  /**
   * The process has nothing left to do: what was recorded is stored in time, or what still hangs is
   * cut off, so that the program ends.
   */
  #flushAtExit(timeout: number): Promise<void> | undefined {
    if (!this.#used || this.#closing !== undefined) return undefined;
    this.#sampleAll();
    this.#used = false;
    this.#sleep();
    this.#tellIfNowhere();
    return this.#pipeline.flush(timeout).catch(() => this.close(0));
  }

  #tellIfNowhere(): void {
    this.#pipeline.tellIfNowhere?.(this.#families.size > 0);
  }

  #tellClose(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    const message = `kaneda-otel: close() could not hand over everything: ${cause.message}`;
    tell({ code: 'KANEDA_CLOSE', message, cause }, this.#onProblem);
  }
}
