/*
 * An application that is killed: records a few reports at a time, waits until the outbox has them on disk, and only then says so.
 * Arguments: the exporter's module, its class, its options as JSON, `record` or `drain`.
 * Says a line of JSON for each acknowledged batch: [id, milliseconds, value][], and before and after each flush how far its counters are.
 * Some applications end by themselves, everything at once. With `drain` it records nothing and ends when the outbox is empty.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { newId } from '../../exporters/reports/ids.js';
import type { Report } from '../../exporters/reports/report.js';
import { SharedLoad } from './load.js';

const [module, name, options, task] = process.argv.slice(2);
const BATCH = 25;
/** Flushes in a row, between batches. */
const FLUSHES = 3;
/** Of so many batches one is the last. */
const LAST = 150;
/** Milliseconds between batches: the kills are to meet requests of every stage, not a disk that cannot follow. */
const PAUSE = 5;

const classes = (await import(new URL(`../../${module}`, import.meta.url).href)) as Record<
  string,
  new (
    options: object,
  ) => ReportExporter
>;
const exporter = new classes[name!]!(JSON.parse(options!));

const say = (what: object): void => void process.stdout.write(`${JSON.stringify(what)}\n`);

let value = 0;
function batch(): Report[] {
  return Array.from({ length: BATCH }, () => {
    const timestamp = new Date();
    return {
      id: newId(timestamp.getTime()),
      name: 'chaos',
      metric: 'gauge',
      value: value++,
      timestamp,
      host: 'chaos',
    };
  });
}

if (task === 'drain') {
  for (;;) {
    await exporter.forceFlush({ timeout: 60_000 }).catch(() => {});
    const { pending, rejected, dropped } = exporter.ledger();
    if (pending === 0) {
      say({ rejected, dropped });
      break;
    }
    await sleep(50);
  }
  await exporter.shutdown();
  process.exit(0);
}

const load = new SharedLoad(exporter, say);
while (Math.random() * LAST >= 1) {
  const reports = batch();
  exporter[INTERNALS].accept(reports);
  await exporter.forceFlush({ timeout: 60_000 });
  say(reports.map(({ id, timestamp, value: v }) => [id, timestamp.getTime(), v]));
  await load.countAndFlush(FLUSHES);
  await sleep(PAUSE);
}
await load.end();
process.exit(0);
