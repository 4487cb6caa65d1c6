import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import pico from 'picocolors';
import type { Ledger } from '../../../exporters/delivery/ledger.js';
import { withoutSecrets } from '../../../exporters/diagnostics/secrets.js';
import type { ReportExporter } from '../../../exporters/report-exporter.js';
import { LoggerExporter } from '../../../exporters/stores/logger/index.js';
import { Metrics } from '../../metrics/metrics.js';
import { sumOfReasons } from '../../pipeline/ledger-sum.js';
import { table } from '../text/table.js';
import { Shop } from './shop.js';
import { type RouteSummary, type Summary, summarize, totals } from './summary.js';
import { type Seen, visit } from './traffic.js';

const CLIENTS = 16;
const FLUSH_TIMEOUT_MS = 15_000;

/** `kaneda demo`: needs nothing, shows on one screen what the package does. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('run a small instrumented HTTP server under load and show what was stored')
    .option('-s, --seconds <number>', 'how long the load lasts, at most 60', seconds, 3)
    .action(async (options: { seconds: number }) => {
      process.exitCode = (await demo(options.seconds)) ? 0 : 1;
    });
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 60))
    throw new InvalidArgumentError('A number of seconds, above 0 and at most 60.');
  return number;
}

async function demo(duration: number): Promise<boolean> {
  const file = join(await mkdtemp(join(tmpdir(), 'kaneda-demo-')), 'metrics.log');
  const { exporters, places } = await stores(file);
  // One interval: its percentiles are those of the whole run. Reports are written by flush().
  const metrics = new Metrics({ backend: exporters, exportInterval: 120_000 });
  const shop = new Shop(metrics);
  const url = await shop.listen();
  say(`${CLIENTS} clients visit a shop on ${url} for ${duration} s …`);
  const seen = await visit(url, CLIENTS, duration * 1000);
  await shop.close();
  const failure = await metrics.flush({ timeout: FLUSH_TIMEOUT_MS }).then(
    () => undefined,
    (error: Error) =>
      withoutSecrets(
        `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}`,
      ),
  );
  await metrics.close();
  const summary = summarize(await readFile(file, 'utf8'));
  print(summary, metrics.ledger());
  say('', ...places.map((place, i) => `${pico.bold(i === 0 ? 'stored in' : 'sent to')}  ${place}`));
  say('', ...lookingAt(file));
  const fault = failure ?? difference(seen, summary, metrics.ledger());
  if (fault !== undefined) process.stderr.write(`\n${pico.red('failed')}: ${fault}\n`);
  return fault === undefined;
}

/** The ways to see these numbers again. */
const lookingAt = (file: string): string[] =>
  [
    ['see a table of it', `npx -p kaneda-otel kaneda report ${file} --by route`],
    ['see it drawn', `npx -p kaneda-otel kaneda board ${file}`],
  ].map(([what, command]) => `${pico.bold(what!.padEnd(17))}  ${command}`);

/** The log file, and the further store that the environment names. */
async function stores(file: string): Promise<{ exporters: ReportExporter[]; places: string[] }> {
  const exporters: ReportExporter[] = [new LoggerExporter({ filename: file })];
  const places = [file];
  const { KANEDA_DEMO_ELASTIC_URL: elastic, OTEL_EXPORTER_OTLP_ENDPOINT: collector } = process.env;
  if (elastic) {
    const { ElasticsearchExporter } = await import(
      '../../../exporters/stores/elasticsearch/index.js'
    );
    exporters.push(
      new ElasticsearchExporter({
        connectionUrl: elastic,
        indexName: 'kaneda-demo',
        appName: 'kaneda-demo',
      }),
    );
    places.push(`${withoutSecrets(elastic)} (index kaneda-demo-*)`);
  }
  if (collector) {
    const { OtlpExporter } = await import('../../../exporters/stores/otlp/index.js');
    exporters.push(new OtlpExporter());
    places.push(withoutSecrets(collector));
  }
  return { exporters, places };
}

function print(summary: Summary, ledger: Ledger): void {
  const { requests, errors } = totals(summary);
  const head = ['route', 'status', 'requests', 'p50 ms', 'p95 ms', 'p99 ms'].map((text) =>
    pico.dim(text),
  );
  say('', ...table([head, ...summary.routes.flatMap(rowsOf)]), '');
  const wrong = errors > 0 ? pico.red(String(errors)) : '0';
  const example = summary.example === undefined ? '' : pico.dim(`  e.g. "${summary.example}"`);
  say(
    ...table([
      [pico.bold('requests'), String(requests)],
      [pico.bold('errors'), wrong],
      [pico.bold('events'), String(summary.events)],
      [pico.bold('orders'), String(summary.customs)],
    ]).map((line, i) => (i === 2 ? line + example : line)),
    '',
    ledgerLine(ledger),
  );
}

function rowsOf({ route, statuses, p50, p95, p99 }: RouteSummary): string[][] {
  const times = [p50, p95, p99].map((value) =>
    value === undefined ? '–' : (value * 1000).toFixed(1),
  );
  return [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count], i) => [
      i === 0 ? pico.bold(route) : '',
      (status < 400 ? pico.green : status < 500 ? pico.yellow : pico.red)(String(status)),
      String(count),
      ...(i === 0 ? times : []),
    ]);
}

function ledgerLine({ accepted, stored, pending, rejected, dropped, refused }: Ledger): string {
  const parts = {
    accepted,
    stored,
    pending,
    rejected: sumOfReasons(rejected),
    dropped: sumOfReasons(dropped),
    refused: sumOfReasons(refused),
  };
  return `${pico.bold('ledger')}  ${Object.entries(parts)
    .map(([name, number]) => `${name} ${number}`)
    .join(pico.dim(' · '))}`;
}

/** Compares what the clients saw with what was stored. */
function difference(seen: Seen, summary: Summary, ledger: Ledger): string | undefined {
  if (ledger.stored !== ledger.accepted)
    return `${ledger.accepted} reports were made, ${ledger.stored} stored`;
  const stored = new Map<number, number>();
  for (const { statuses } of summary.routes)
    for (const [status, count] of statuses) stored.set(status, (stored.get(status) ?? 0) + count);
  for (const [status, count] of seen) {
    if (stored.get(status) !== count)
      return `the clients saw ${count} answers with ${status}, the log file has ${stored.get(status) ?? 0}`;
  }
  return undefined;
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
