import { parseArgs } from 'node:util';
import { QUEUE_NAMES, type QueueName, queueChaos } from './queue.js';

/** `npm run chaos -- --queue NAME --rounds N`: exits 1 when an acknowledged report is lost, stored twice or refused. Without a name: all queues. `--only store` kills the store alone. */
const { values } = parseArgs({
  options: { queue: { type: 'string' }, rounds: { type: 'string', default: '200' }, only: { type: 'string' } },
});
const rounds = Number(values.rounds);
if (values.queue !== undefined && !QUEUE_NAMES.includes(values.queue as QueueName)) {
  throw new Error(`--queue is one of ${QUEUE_NAMES.join(', ')}`);
}
for (const name of values.queue === undefined ? QUEUE_NAMES : [values.queue as QueueName]) {
  const result = await queueChaos(name, rounds, {
    say: (text) => console.log(`${name}: ${text}`),
    only: values.only,
  });
  console.log(`${name}: ${JSON.stringify(result)}`);
  if (result.lost + result.twice + result.dead > 0) process.exitCode = 1;
}
