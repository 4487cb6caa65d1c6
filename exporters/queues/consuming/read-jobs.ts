import { isOwnError } from '../../error-code.js';
import { inSlices } from '../../timing/in-slices.js';
import type { Delivery, TakeContext } from '../report-queue.js';

/** The steps of a consumer for each job that it took. */
export interface JobReading<T> {
  /**
   * The report in it, at once: a promise for each would cost as much as reading it. `undefined`
   * where there is nothing to do.
   */
  read(job: T): Delivery | undefined;
  /** Moves a job that is not a report to the dead letters. */
  deadLetter(job: T, reason: string): Promise<void>;
  /** Told of it then. */
  refused: TakeContext['refused'];
}

/**
 * Reads what was taken, without holding up others for long.
 * @throws the error of the dead letters, unless there are reports: the reports do not wait for it.
 */
export async function readDeliveries<T>(
  taken: readonly T[],
  { read, deadLetter, refused }: JobReading<T>,
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  const faults: unknown[] = [];
  const refusing: Promise<void>[] = [];
  const refuse = async (job: T, error: unknown): Promise<void> => {
    if (!isOwnError(error, 'KANEDA_MESSAGE')) throw error;
    await deadLetter(job, error.message);
    refused?.(error.message);
  };
  await inSlices(taken, (job) => {
    try {
      const delivery = read(job);
      if (delivery !== undefined) deliveries.push(delivery);
    } catch (error) {
      refusing.push(refuse(job, error).catch((fault: unknown) => void faults.push(fault)));
    }
  });
  await Promise.all(refusing);
  if (faults.length > 0 && deliveries.length === 0) throw faults[0];
  return deliveries;
}
