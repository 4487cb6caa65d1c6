/* npm run chaos -- --store mongodb --rounds 200, or --queue rq, or --queue all, or --all for every store and queue; with --only store that alone is killed */
import { parseArgs } from 'node:util';
import { UnavailableError } from '../support/servers/server.js';
import { bringChaos } from './chaos.js';
import { runQueues } from './run-queue.js';
import { STORES } from './stores.js';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    store: { type: 'string' },
    queue: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '200' },
  },
});
const rounds = Number(values.rounds);
const { all, queue, store } = values;
const names = store !== undefined ? [store] : all || queue === undefined ? Object.keys(STORES) : [];
for (const name of names) {
  try {
    const counts = await bringChaos(name, rounds, (round) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: round ${round}`);
    });
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    if (counts.lost > 0 || (counts.twice > 0 && !STORES[name]?.atLeastOnce)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    process.stdout.write(`${name}: skipped, ${error.message}\n`);
  }
}

const queues = queue ?? (all ? 'all' : undefined);
if (queues !== undefined && !(await runQueues(queues, rounds, values.only))) process.exitCode = 1;
