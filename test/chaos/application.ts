/*
 * An application that is killed: records a few reports at a time, waits until the outbox has them on disk, and only then says so.
 * Arguments: the exporter's module, its class, its options as JSON, `record` or `drain`.
 * Says a line of JSON for each acknowledged batch: [id, milliseconds, value][]. With `drain` it records nothing and ends when the outbox is empty.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReportExporter } from '../../exporters/report-exporter.js';
import { newId } from '../../exporters/reports/ids.js';
import type { Report } from '../../exporters/reports/report.js';

const [module, name, options, task] = process.argv.slice(2);
const BATCH = 25;
/** Milliseconds between batches: the kills are to meet requests of every stage, not a disk that cannot follow. */
const PAUSE = 5;

const classes = (await import(new URL(`../../${module}`, import.meta.url).href)) as Record<
  string,
  new (
    options: object,
  ) => ReportExporter
>;
const exporter = new classes[name!]!(JSON.parse(options!));

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
      process.stdout.write(`${JSON.stringify({ rejected, dropped })}\n`);
      break;
    }
    await sleep(50);
  }
  await exporter.shutdown();
  process.exit(0);
}

for (;;) {
  const reports = batch();
  exporter.accept(reports);
  await exporter.forceFlush({ timeout: 60_000 });
  process.stdout.write(
    `${JSON.stringify(reports.map(({ id, timestamp, value: v }) => [id, timestamp.getTime(), v]))}\n`,
  );
  await sleep(PAUSE);
}
