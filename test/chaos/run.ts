/* npm run chaos -- --store mongodb --rounds 200, or --queue rq, or --queue all; with --only store that alone is killed */
import { parseArgs } from 'node:util';
import { UnavailableError } from '../support/servers/server.js';
import { bringChaos } from './chaos.js';
import { runQueues } from './run-queue.js';
import { STORES } from './stores.js';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    queue: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '200' },
  },
});
if (
  values.queue !== undefined &&
  !(await runQueues(values.queue, Number(values.rounds), values.only))
)
  process.exitCode = 1;
const all = values.queue === undefined ? Object.keys(STORES) : [];
const names = values.store === undefined ? all : [values.store];
for (const name of names) {
  try {
    const counts = await bringChaos(name, Number(values.rounds), (round) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: round ${round}`);
    });
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    if (counts.lost > 0 || (counts.twice > 0 && !STORES[name]?.atLeastOnce)) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    process.stdout.write(`${name}: skipped, ${error.message}\n`);
  }
}
