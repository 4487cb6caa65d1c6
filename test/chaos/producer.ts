import '../../src/cli/all-targets.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, type Report } from '../../exporters/index.js';
import { forApplication } from '../../src/settings/build.js';
import { loadSettings } from '../../src/settings/settings.js';

/** An application that enqueues, as fast as its broker acknowledges, and prints the id of each report once that is acknowledged. */
const { queue } = forApplication(loadSettings());
if (queue === undefined) throw new Error('the environment names no QUEUE');
const waiting: string[] = [];
console.log('ready');
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
  queue.accept(reports);
  try {
    await queue.forceFlush({ timeout: 5_000 });
    console.log(waiting.splice(0).join('\n'));
  } catch {
    // Kept in the outbox: a later flush tells of them.
  }
  await sleep(40);
}
