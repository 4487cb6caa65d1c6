import { INTERNALS } from '../../exporters/delivery/internals.js';
import { LoggerExporter } from '../../exporters/stores/logger/index.js';

/** `log-lines.ts FILE COUNT`: logs so many reports, then writes the ledger to standard error, or to descriptor 3 if LEDGER_FD says so. */
const [filename = '', count = '1'] = process.argv.slice(2);
const exporter = new LoggerExporter({ filename });
for (let i = 0; i < Number(count); i++) {
  exporter[INTERNALS].accept([
    { id: `id-${i}`, name: 'n', metric: 'gauge', value: i, timestamp: new Date(i), host: 'h' },
  ]);
  if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
}
await exporter.forceFlush({ timeout: 4_000 }).catch(() => {});
const { fault } = exporter;
await exporter.shutdown({ timeout: 500 });
process.stderr.write(
  `\nledger ${JSON.stringify({ ...exporter.ledger(), fault: fault?.message })}\n`,
);
