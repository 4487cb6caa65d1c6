import { QUEUE_NAMES, type QueueName, queueChaos } from './queue.js';

/** The queue of that name, or all of them; `only` kills one kind of victim. @returns whether nothing was lost, stored twice or refused. */
export async function runQueues(wanted: string, rounds: number, only?: string): Promise<boolean> {
  const names = wanted === 'all' ? QUEUE_NAMES : QUEUE_NAMES.filter((name) => name === wanted);
  if (names.length === 0) throw new Error(`--queue is all or one of ${QUEUE_NAMES.join(', ')}`);
  let good = true;
  for (const name of names as QueueName[]) {
    const result = await queueChaos(name, rounds, {
      say: (text) => process.stderr.write(`${name}: ${text}\n`),
      only,
    });
    process.stdout.write(`${JSON.stringify({ queue: name, ...result })}\n`);
    if (result.lost + result.twice + result.dead > 0) good = false;
  }
  return good;
}
