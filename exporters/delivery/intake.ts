import type { Conversion, Report, Steps } from '../reports/report.js';
import type { Exported } from '../reports/to-reports.js';
import { inSlices, YIELD_EVERY } from '../timing/in-slices.js';
import { Queue } from './outbox/fifo.js';

/** Makes reports step by step, as `stepsOf` does. */
export interface Converter {
  steps(data: Exported): Steps;
  /** Data, or a part of it, could not become reports. */
  rejected: Conversion['rejected'];
}

interface Job {
  readonly data: Exported;
  readonly done: () => void;
}

/**
 * Makes reports of what an exporter is given, in the order it is given, never holding the event
 * loop for long.
 */
export class Intake {
  readonly #converter: Converter;
  readonly #made: (reports: readonly Report[]) => void;
  readonly #jobs = new Queue<Job>();
  #isWorking = false;
  #working: Promise<void> | undefined;

  constructor(converter: Converter, made: (reports: readonly Report[]) => void) {
    this.#converter = converter;
    this.#made = made;
  }

  /**
   * Small data is done with on return; large data, or data behind it, a little later. `done` is
   * called in any case.
   */
  add(data: Exported, done: () => void): void {
    this.#jobs.push({ data, done });
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#working = inSlices(this.#work());
  }

  /** Resolves when everything given so far has been made into reports. */
  idle(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  *#work(): Generator<void, void, void> {
    try {
      for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
        yield* this.#make(job.data);
        job.done();
        yield;
      }
    } finally {
      this.#isWorking = false;
      this.#working = undefined;
    }
  }

  /** Hands over what was made after every few steps. */
  *#make(data: Exported): Generator<void, void, void> {
    const steps = this.#steps(data);
    for (let more = true; more; ) {
      const reports: Report[] = [];
      more = this.#step(steps, reports);
      if (reports.length > 0) this.#made(reports);
      if (more) yield;
    }
  }

  /** Returns the steps of the SDK's data; malformed data has none. */
  #steps(data: Exported): Steps {
    try {
      return this.#converter.steps(data);
    } catch {
      this.#converter.rejected('malformed data', 'point');
      return { step: () => false };
    }
  }

  /** `true` when there may be more. */
  #step(steps: Steps, into: Report[]): boolean {
    try {
      for (let i = 0; i < YIELD_EVERY; i++) if (!steps.step(into)) return false;
      return true;
    } catch {
      // Torn in the middle: nothing more can be read of it.
      this.#converter.rejected('malformed data', 'point');
      return false;
    }
  }
}
