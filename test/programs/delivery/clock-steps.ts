/*
 * Does what each line of its standard input tells, `["record", 20]`, and answers with a line of JSON, while its parent sets
 * its clock. argv: `log` and a file, `influxdb` or `otlp` and a URL.
 */
import { createInterface } from 'node:readline';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { InfluxExporter } from '../../../exporters/stores/influxdb/index.js';
import { LoggerExporter } from '../../../exporters/stores/logger/index.js';
import { OtlpExporter } from '../../../exporters/stores/otlp/index.js';
import { Fork } from '../../../src/cantal/index.js';
import { Metrics } from '../../../src/index.js';

const STORES: Readonly<Record<string, (place: string) => ReportExporter>> = {
  log: (filename) => new LoggerExporter({ filename }),
  influxdb: (connectionUrl) =>
    new InfluxExporter({ connectionUrl, database: 'steps', timeout: 5, writeTimeout: 60_000 }),
  otlp: (url) => new OtlpExporter({ url }),
};

const [store = '', place = ''] = process.argv.slice(2);
const backend = STORES[store]!(place);
const metrics = new Metrics({ backend, exportInterval: 100 });
const fork = new Fork(['working', 'resting'], { state: 'steps' });
let timing: Disposable | undefined;

/** What it can be told; each takes a number. */
const COMMANDS: Readonly<Record<string, (amount: number) => unknown>> = {
  look: () => {},
  record: (count) => {
    for (let i = 0; i < count; i++) {
      metrics.event('seen', 'text');
      metrics.increment('counted');
    }
  },
  begin: () => {
    timing = metrics.timed('took');
    fork.working.enter();
  },
  end: () => {
    timing?.[Symbol.dispose]();
    fork.resting.enter();
  },
  flush: (timeout) => metrics.flush({ timeout }),
  close: () => metrics.close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, amount] = JSON.parse(line) as [string, number];
  const code = await Promise.resolve(COMMANDS[name]!(amount)).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
  const { accepted, stored, pending, rejected, dropped } = backend.ledger();
  const workedMs = Number(fork.working.duration.get());
  const answer = { code, accepted, stored, pending, rejected, dropped, workedMs, now: Date.now() };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
