import type { Conversion, Report, Steps } from '../reports/report.js';
import type { Exported } from '../reports/to-reports.js';
import type { RunSteps, Unmade } from '../reports/unmade.js';
import { inSlices, YIELD_EVERY } from '../timing/in-slices.js';
import type { Signal } from './ledger.js';
import { Queue } from './outbox/fifo.js';

/** Makes reports step by step, as `stepsOf` does. */
export interface Converter {
  steps(data: Exported): Steps;
  /** Data, or a part of it, could not become reports. */
  rejected: Conversion['rejected'];
}

/** Takes what was made. */
export interface Made {
  made(reports: readonly Report[], signal: Signal): void;
  /** Takes reports that are made later; missing where all must be made at once. */
  unmade: ((run: Unmade) => void) | undefined;
  /** True while more should wait until `Intake.goOn` is called, because it has little room. */
  mustWait?(): boolean;
}

/** Data points that are looked at together. */
const RUN_POINTS = 128;

/**
 * Jobs of other readers and processors that may queue behind one that waits for room. With more,
 * data arrives faster than the store takes it, and reports that find no room are dropped.
 */
const MAX_BEHIND = 2;

interface Job {
  readonly data: Exported;
  readonly signal: Signal;
  readonly done: () => void;
  /** Of a job that was begun. */
  steps?: Steps;
}

/**
 * Makes reports of what an exporter is given, in the order it is given, never holding the event
 * loop for long. A few records alone do not queue behind data that waits for room.
 */
export class Intake {
  readonly #converter: Converter;
  readonly #to: Made;
  readonly #jobs = new Queue<Job>();
  #isWorking = false;
  readonly #idle: (() => void)[] = [];

  constructor(converter: Converter, to: Made) {
    this.#converter = converter;
    this.#to = to;
  }

  /**
   * Small data is done with on return; large data, or data behind it, a little later. `done` is
   * called in any case.
   */
  add(data: Exported, done: () => void): void {
    if (!this.#isWorking && Array.isArray(data) && data.length < YIELD_EVERY) {
      this.#addFew(data, done);
      return;
    }
    this.#jobs.push({ data, signal: Array.isArray(data) ? 'log' : 'metric_data_point', done });
    this.#workOn();
  }

  /** A few records need no look at the clock, nor a generator: an event is one record. */
  #addFew(records: Exported, done: () => void): void {
    this.#isWorking = true;
    try {
      const steps = this.#steps(records, 'log');
      while (this.#step(steps, 'log'));
      done();
    } finally {
      this.#isWorking = false;
    }
    // What was added meanwhile.
    if (this.#jobs.length > 0) this.#workOn();
  }

  #workOn(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    void inSlices(this.#work());
  }

  /** There may be room again for what waits. */
  goOn(): void {
    if (this.#jobs.length > 0) this.#workOn();
  }

  /** Resolves when everything given so far has been made into reports. */
  idle(): Promise<void> {
    this.goOn();
    if (this.#jobs.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  *#work(): Generator<void, void, void> {
    try {
      for (let job = this.#jobs.first(); job !== undefined; job = this.#jobs.first()) {
        job.steps ??= this.#steps(job.data, job.signal);
        for (let more = true; more; ) {
          if (this.#mustWait()) return;
          more = this.#step(job.steps, job.signal);
          if (more) yield;
        }
        this.#jobs.shift();
        job.done();
        yield;
      }
      for (const tell of this.#idle.splice(0)) tell();
    } finally {
      this.#isWorking = false;
    }
  }

  #mustWait(): boolean {
    return this.#jobs.length <= 1 + MAX_BEHIND && this.#to.mustWait?.() === true;
  }

  /** Returns the steps of the SDK's data; malformed data has none. */
  #steps(data: Exported, signal: Signal): Steps {
    try {
      return this.#converter.steps(data);
    } catch {
      this.#reject(signal);
      return { step: () => false };
    }
  }

  /** Hands over the next reports; `true` when there may be more. */
  #step(steps: Steps, signal: Signal): boolean {
    try {
      return this.#run(steps) || this.#some(steps, signal);
    } catch {
      // Malformed in the middle: nothing more can be read of it.
      this.#reject(signal);
      return false;
    }
  }

  #reject(signal: Signal): void {
    this.#converter.rejected('malformed data', signal === 'log' ? 'record' : 'point');
  }

  /** Hands over reports that are made later; `false` when the next ones must be made at once. */
  #run(steps: RunSteps): boolean {
    const run = this.#to.unmade === undefined ? undefined : steps.run?.(RUN_POINTS);
    if (run !== undefined && run.count > 0) this.#to.unmade!(run);
    return run !== undefined;
  }

  /** Makes a few reports and hands them over. */
  #some(steps: Steps, signal: Signal): boolean {
    const reports: Report[] = [];
    try {
      for (let i = 0; i < YIELD_EVERY; i++) if (!steps.step(reports)) return false;
      return true;
    } finally {
      if (reports.length > 0) this.#to.made(reports, signal);
    }
  }
}
