import type { OnProblem } from '../../exporters/problems/problem.js';
import { tell } from '../../exporters/problems/tell.js';

/**
 * Runs code that is not ours – the application's providers – so that what it throws reaches no
 * recording call.
 */
export class Guard {
  readonly #onProblem: OnProblem | undefined;
  #warned = false;

  constructor(onProblem?: OnProblem) {
    this.#onProblem = onProblem;
  }

  /** Returns what `work` returns, or `undefined` if it threw, which is told once. */
  run<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#tell(error);
      return undefined;
    }
  }

  #tell(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const cause = error instanceof Error ? error : new Error(String(error));
    const message = `kaneda-otel: an OpenTelemetry provider of the application threw: ${cause.message}. Some recorded data might not be exported; shown once.`;
    tell({ code: 'KANEDA_PROVIDER', message, cause }, this.#onProblem);
  }
}
