import { inSlices } from '../slices.js';
import type { Delivery } from './report-queue.js';

/**
 * Reads what was taken, without holding up others for long; leaves out what was no report, once it is with the dead letters.
 * @throws what stood in the way of the dead letters, unless there are reports: those are not to wait for it.
 */
export async function deliveriesOf<T>(
  taken: readonly T[],
  read: (job: T) => Promise<Delivery | undefined>,
): Promise<readonly Delivery[]> {
  const reading: Promise<PromiseSettledResult<Delivery | undefined>[]>[] = [];
  await inSlices(taken, (job) => void reading.push(Promise.allSettled([read(job)])));
  const deliveries: Delivery[] = [];
  let failed: PromiseRejectedResult | undefined;
  for (const [result] of await Promise.all(reading)) {
    if (result!.status === 'rejected') failed = result as PromiseRejectedResult;
    else if (result!.value !== undefined) deliveries.push(result!.value);
  }
  if (failed !== undefined && deliveries.length === 0) throw failed.reason;
  return deliveries;
}
