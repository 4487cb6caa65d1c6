import { INTERNALS } from '../../exporters/delivery/internals.js';
import '../../src/cli/all-targets.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, type Report } from '../../exporters/index.js';
import { Metrics } from '../../src/index.js';
import { forApplication } from '../../src/settings/build.js';
import { loadSettings } from '../../src/settings/settings.js';
import { COUNTER, type Counted, WHO } from './load.js';

/**
 * An application that enqueues, as fast as its broker acknowledges, and prints the id of each report once that is acknowledged. Two
 * `Metrics` on the queue count and flush in a loop; before and after it prints, as JSON, how far they are.
 */
const { queue } = forApplication(loadSettings());
if (queue === undefined) throw new Error('the environment names no QUEUE');
const waiting: string[] = [];
const run = newId();
const counting = [0, 1].map(() => new Metrics({ queue, exportInterval: 3_600_000 }));
const say = (counted: Counted): void => console.log(JSON.stringify(counted));

/** Counts once more, `upTo` times by then, and flushes. */
async function count(upTo: number): Promise<void> {
  say({ run, attempted: upTo });
  counting.forEach((metrics, i) => {
    metrics.increment(COUNTER, { run, who: WHO[i]! });
  });
  await Promise.all(counting.map((metrics) => metrics.flush({ timeout: 5_000 })));
  say({ run, acknowledged: upTo });
}

console.log('ready');
let counted = 0;
for (let number = 0; ; ) {
  const reports = Array.from(
    { length: 5 },
    (): Report => ({
      id: newId(),
      name: 'chaos',
      metric: 'gauge',
      value: number++,
      tags: { run: process.pid },
      timestamp: new Date(),
      host: 'h',
    }),
  );
  waiting.push(...reports.map(({ id }) => id));
  queue[INTERNALS].accept(reports);
  try {
    await queue.forceFlush({ timeout: 5_000 });
    console.log(waiting.splice(0).join('\n'));
    for (let i = 0; i < 3; i++) await count(++counted);
  } catch {
    // Kept in the outbox: a later flush tells of them.
  }
  await sleep(40);
}
