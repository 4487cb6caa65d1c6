import { inSlices } from '../slices.js';
import type { Delivery } from './report-queue.js';

/**
 * Reads what was taken, without holding up others for long; leaves out what was no report, once it is with the dead letters.
 * @param read the delivery, at once, since a promise for each would cost as much as reading it; or a promise to have dealt with it otherwise.
 * @throws what stood in the way of the dead letters, unless there are reports: those are not to wait for it.
 */
export async function deliveriesOf<T>(
  taken: readonly T[],
  read: (job: T) => Delivery | Promise<void>,
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  const faults: unknown[] = [];
  const refusing: Promise<void>[] = [];
  await inSlices(taken, (job) => {
    const found = read(job);
    if ('report' in found) deliveries.push(found);
    else refusing.push(found.catch((error: unknown) => void faults.push(error)));
  });
  await Promise.all(refusing);
  if (faults.length > 0 && deliveries.length === 0) throw faults[0];
  return deliveries;
}
