/* npm run chaos -- --store mongodb --rounds 200 */
import { parseArgs } from 'node:util';
import { UnavailableError } from '../servers/server.js';
import { bringChaos } from './chaos.js';
import { STORES } from './stores.js';

const { values } = parseArgs({ options: { store: { type: 'string' }, rounds: { type: 'string', default: '200' } } });
const names = values.store === undefined ? Object.keys(STORES) : [values.store];
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
