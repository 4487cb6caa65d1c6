import { bullmqWorker } from './bullmq-worker.js';
import { existingOpentelemetry } from './existing-opentelemetry.js';
import { expressElasticsearch } from './express-elasticsearch.js';
import { logFileAndBoard } from './log-file-and-board.js';
import { Stopwatch } from './stopwatch.js';
import { Started } from './tasks.js';
import { unitTests } from './unit-tests.js';

/**
 * `npm run first-hour [-- WORD]`: does what a newcomer does in the first hour, with the packed
 * tarball, by the commands and programs of the documentation, and prints how long each step takes.
 * With a word only the tasks that have it in their name. What must hold is looked for in the stores; no time is
 * asserted.
 */
const TASKS = [
  logFileAndBoard,
  expressElasticsearch,
  existingOpentelemetry,
  bullmqWorker,
  unitTests,
];
const [word = ''] = process.argv.slice(2);

for (const task of TASKS.filter(({ name }) => name.includes(word))) {
  const watch = new Stopwatch(task.name, task.minutes);
  const started = new Started();
  try {
    await task.run(watch, started);
    watch.end();
  } catch (error) {
    console.error(`  failed: ${(error as Error).stack}`);
    process.exitCode = 1;
  } finally {
    await started.end();
  }
}
process.exit();
