import { diag } from '@opentelemetry/api';

/** Runs code that is not ours – the application's providers – so that what it throws reaches no recording call. */
export class Guard {
  #said = false;

  /** What `work` returns, or `undefined` if it threw, which is said once through `diag`. */
  run<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#say(error);
      return undefined;
    }
  }

  #say(error: unknown): void {
    if (this.#said) return;
    this.#said = true;
    try {
      diag.error('kaneda-otel: an OpenTelemetry provider threw; said once', error);
    } catch {
      // The diag logger is not ours either.
    }
  }
}
