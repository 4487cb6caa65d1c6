import { isOwnError } from '../../error-code.js';
import type { Report } from '../../reports/report.js';
import { inSlices } from '../../timing/in-slices.js';
import type { Delivery, TakeContext } from '../report-queue.js';

/**
 * The steps of a consumer for each job that it took. `Key` is what ends a job: all that is kept of
 * it beside its report, since a worker may have thousands in hand for long.
 */
export interface JobSteps<Job, Key = Job> {
  /**
   * The report in it, at once: a promise for each would cost as much as reading it. `undefined`
   * where there is nothing to do.
   * @throws MessageError when the job holds none.
   */
  read(job: Job): Report | undefined;
  keyOf(job: Job): Key;
  /** Ends a job whose report is stored. */
  acknowledge(key: Key): Promise<void>;
  /** Gives a job back to the queue. */
  giveBack(key: Key): Promise<void>;
  /** Moves a job to the dead letters. */
  deadLetter(key: Key, reason: string): Promise<void>;
}

/** A job in hand, with its report. */
class JobDelivery<Job, Key> implements Delivery {
  readonly report: Report;
  readonly #key: Key;
  readonly #steps: JobSteps<Job, Key>;

  constructor(report: Report, key: Key, steps: JobSteps<Job, Key>) {
    this.report = report;
    this.#key = key;
    this.#steps = steps;
  }

  acknowledge(): Promise<void> {
    return this.#steps.acknowledge(this.#key);
  }

  retry(): Promise<void> {
    return this.#steps.giveBack(this.#key);
  }

  reject(reason: string): Promise<void> {
    return this.#steps.deadLetter(this.#key, reason);
  }
}

/**
 * Reads what was taken, without holding up others for long. What is not a report goes to the dead
 * letters, and `refused` is told.
 * @throws the error of the dead letters, unless there are reports: the reports do not wait for it.
 */
export async function readDeliveries<Job, Key>(
  taken: readonly Job[],
  steps: JobSteps<Job, Key>,
  refused: TakeContext['refused'],
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  const faults: unknown[] = [];
  const refusing: Promise<void>[] = [];
  const refuse = async (job: Job, error: unknown): Promise<void> => {
    if (!isOwnError(error, 'KANEDA_MESSAGE')) throw error;
    await steps.deadLetter(steps.keyOf(job), error.message);
    refused?.(error.message);
  };
  await inSlices(taken, (job) => {
    try {
      const report = steps.read(job);
      if (report !== undefined) deliveries.push(new JobDelivery(report, steps.keyOf(job), steps));
    } catch (error) {
      refusing.push(refuse(job, error).catch((fault: unknown) => void faults.push(fault)));
    }
  });
  await Promise.all(refusing);
  if (faults.length > 0 && deliveries.length === 0) throw faults[0];
  return deliveries;
}
