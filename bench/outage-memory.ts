/**
 * What a store that is down costs in memory: 30 minutes at 10,000 reports a second. Shortened: the 18,000,000 reports of that time are
 * recorded as fast as they can be, not at their own pace; the outbox sees the same number of them.
 *
 *     npx tsx --expose-gc bench/outage-memory.ts [reports]
 */
import { setImmediate as turn } from 'node:timers/promises';
import { InfluxExporter } from '../exporters/influxdb/index.js';
import { MongoExporter } from '../exporters/mongodb/index.js';
import type { ReportExporter } from '../exporters/report-exporter.js';
import { RethinkExporter } from '../exporters/rethinkdb/index.js';
import { reports } from './store-race.js';

const MIB = 1_048_576;
const BOUND = 64 * MIB;
const ALLOWANCE = 64 * MIB;
const TOTAL = Number(process.argv[2] ?? 30 * 60 * 10_000);
const BATCH = 1_000;
/** Nobody listens there. */
const PORT = 1;

const exporters: Record<string, (outbox: { maxBytes: number }) => ReportExporter> = {
  MongoDB: (outbox) => new MongoExporter({ host: '127.0.0.1', port: PORT, outbox }),
  RethinkDB: (outbox) => new RethinkExporter({ host: '127.0.0.1', port: PORT, outbox }),
  InfluxDB: (outbox) => new InfluxExporter({ host: '127.0.0.1', port: PORT, outbox }),
};

for (const [name, make] of Object.entries(exporters)) {
  const exporter = make({ maxBytes: BOUND });
  exporter.accept(reports(BATCH));
  await exporter.forceFlush({ timeout: 200 }).catch(() => {});
  const before = used();
  let most = 0;
  for (let sent = 0; sent < TOTAL; sent += BATCH) {
    exporter.accept(reports(BATCH));
    // Timers and sockets of the failing delivery get their turn, as they would.
    await turn();
    if (sent % (TOTAL / 20) < BATCH) most = Math.max(most, used() - before);
  }
  const { accepted, pending, dropped } = exporter.ledger();
  const limit = BOUND + ALLOWANCE;
  console.log(
    `${name}: ${accepted.toLocaleString('en')} reports, ${pending.toLocaleString('en')} kept, ${JSON.stringify(dropped)}; ` +
      `at most ${(most / MIB).toFixed(0)} MB more in use (bound ${BOUND / MIB} + ${ALLOWANCE / MIB} MB)${most > limit ? ' MISSED' : ''}`,
  );
  await exporter.shutdown({ timeout: 100 });
}

/** What lives, garbage collected first: heap, buffers, native memory of the runtime. */
function used(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
