import type { Conversion, Report, Steps } from '../reports/report.js';
import type { Exported } from '../reports/to-reports.js';
import { Queue } from './outbox/fifo.js';

/** Milliseconds of work after which others have their turn, and how many steps are made between looks at the clock. */
const SLICE = 5;
const STEPS = 32;

/** Makes reports step by step, as `stepsOf` does. */
export type Converter = (data: Exported, conversion: Conversion) => Steps;

interface Job {
  readonly data: Exported;
  readonly done: () => void;
}

/** Makes reports of what an exporter is given, in the order it is given, never holding the event loop for long. */
export class Intake {
  readonly #conversion: Conversion;
  readonly #convert: Converter;
  readonly #made: (reports: readonly Report[]) => void;
  readonly #jobs = new Queue<Job>();
  #working: Promise<void> | undefined;

  constructor(
    conversion: Conversion,
    convert: Converter,
    made: (reports: readonly Report[]) => void,
  ) {
    this.#conversion = conversion;
    this.#convert = convert;
    this.#made = made;
  }

  /** Small data is done with on return; large data, or data behind it, a little later. `done` is called in any case. */
  add(data: Exported, done: () => void): void {
    if (this.#working !== undefined) {
      this.#jobs.push({ data, done });
      return;
    }
    const steps = this.#steps(data);
    if (this.#slice(steps, performance.now() + SLICE)) done();
    else this.#working = this.#work(steps, done);
  }

  /** Resolves when everything given so far has been made into reports. */
  idle(): Promise<void> {
    return this.#working ?? Promise.resolve();
  }

  /** Slice after slice, as many jobs in each as fit. */
  async #work(first: Steps, firstDone: () => void): Promise<void> {
    let job: { steps: Steps; done: () => void } | undefined = { steps: first, done: firstDone };
    while (job !== undefined) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const end = performance.now() + SLICE;
      while (job !== undefined && this.#slice(job.steps, end)) {
        const { done } = job;
        const next = this.#jobs.shift();
        if (next === undefined) this.#working = undefined;
        job = next === undefined ? undefined : { steps: this.#steps(next.data), done: next.done };
        done();
        if (performance.now() >= end) break;
      }
    }
  }

  /** What is not the SDK's data has no steps. */
  #steps(data: Exported): Steps {
    try {
      return this.#convert(data, this.#conversion);
    } catch {
      this.#conversion.rejected('malformed data', 'point');
      return { step: () => false };
    }
  }

  /** Works until `end` and hands over what was made; `true` when there is nothing left. */
  #slice(steps: Steps, end: number): boolean {
    const reports: Report[] = [];
    let more = true;
    try {
      do {
        for (let i = 0; i < STEPS && more; i++) more = steps.step(reports);
      } while (more && performance.now() < end);
    } catch {
      // Torn in the middle: nothing more can be read of it.
      this.#conversion.rejected('malformed data', 'point');
      more = false;
    }
    if (reports.length > 0) this.#made(reports);
    return !more;
  }
}
