/**
 * `kaneda report` over a store, against the raw client that fetches the same documents and only counts them: in turns, each in a process of
 * its own. `npm run build` first.
 *
 *     npx tsx bench/report-stores.ts [reports] [elasticsearch|mongodb|influxdb] [counters]
 *
 * `counters`: there are no timings, which hold distributions.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INTERNALS } from '../exporters/delivery/internals.js';
import type { ReportExporter } from '../exporters/report-exporter.js';
import { ElasticsearchExporter } from '../exporters/stores/elasticsearch/index.js';
import { InfluxExporter } from '../exporters/stores/influxdb/index.js';
import { MongoExporter } from '../exporters/stores/mongodb/index.js';
import { startElasticsearch } from '../test/support/servers/elasticsearch.js';
import { startMongo } from '../test/support/servers/ferretdb.js';
import { startInflux } from '../test/support/servers/influxdb.js';
import type { Server } from '../test/support/servers/server.js';
import { median } from './race.js';
import { reportOf } from './report-reports.js';

const REPORTS = Number(process.argv[2] ?? 100_000);
const COUNTERS_ALONE = process.argv[4] === 'counters';
const BATCH = 5_000;
const ROUNDS = 5;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CLI = `${ROOT}dist/cli.mjs`;
if (!existsSync(CLI)) throw new Error(`${CLI} is not there: npm run build`);

interface Racer {
  start(): Promise<Server>;
  exporter(url: string): ReportExporter;
  /** The settings of `kaneda report`. */
  settings(url: string): Readonly<Record<string, string>>;
  /** A module that writes how many documents it fetched from `process.env.URL`. */
  readonly raw: string;
  /** Shows to searches what was stored. */
  refresh?(url: string): Promise<unknown>;
}

const SCROLL = `
  import { Client } from '@elastic/elasticsearch';
  const client = new Client({ node: process.env.URL });
  let count = 0;
  const search = { index: 'bench-*', size: 5_000, sort: '_doc', scroll: '1m' };
  for await (const { body } of client.helpers.scrollSearch(search)) count += body.hits.hits.length;
  console.log(count);`;

const STORES: Readonly<Record<string, Racer>> = {
  elasticsearch: {
    start: () => startElasticsearch({ own: true }),
    exporter: (url) =>
      new ElasticsearchExporter({ connectionUrl: url, indexName: 'bench', timeout: 60 }),
    settings: (url) => ({
      KANEDA_ELASTIC_CONNECTION_URL: url,
      KANEDA_ELASTIC_INDEX_NAME: 'bench',
      KANEDA_ELASTIC_TIMEOUT: '60',
    }),
    raw: SCROLL,
    refresh: (url) => fetch(`${url}/bench-*/_refresh`, { method: 'POST' }),
  },
  mongodb: {
    start: () => startMongo({ own: true }),
    exporter: (url) => new MongoExporter({ connectionUrl: url, dbName: 'bench', timeout: 60_000 }),
    settings: (url) => ({
      KANEDA_MONGO_CONNECTION_URL: url,
      KANEDA_MONGO_DB_NAME: 'bench',
      KANEDA_MONGO_TIMEOUT: '60000',
    }),
    raw: `
      import { MongoClient } from 'mongodb';
      const client = new MongoClient(process.env.URL);
      let count = 0;
      for await (const _ of client.db('bench').collection('default').find().batchSize(2_000)) count++;
      console.log(count);
      await client.close();`,
  },
  influxdb: {
    start: () => startInflux({ own: true }),
    exporter: (url) => new InfluxExporter({ connectionUrl: url, database: 'bench', timeout: 60 }),
    settings: (url) => ({
      KANEDA_INFLUX_CONNECTION_URL: url,
      KANEDA_INFLUX_DATABASE: 'bench',
      KANEDA_INFLUX_TIMEOUT: '60',
    }),
    raw: `
      import { createInterface } from 'node:readline';
      import { Readable } from 'node:stream';
      const q = 'SELECT * FROM counter; SELECT * FROM timing';
      const asked = new URLSearchParams({ db: 'bench', q, chunked: 'true', chunk_size: '5000', epoch: 'ns' });
      const { body } = await fetch(process.env.URL + '/query?' + asked);
      let count = 0;
      for await (const line of createInterface({ input: Readable.fromWeb(body) }))
        for (const { series = [] } of JSON.parse(line).results)
          for (const { values } of series) count += values.length;
      console.log(count);`,
  },
};

const wanted = process.argv[3];
for (const [name, racer] of Object.entries(STORES))
  if (wanted === undefined || wanted === name) await race(name, racer);

async function race(name: string, racer: Racer): Promise<void> {
  const server = await racer.start();
  try {
    await fill(racer.exporter(server.url));
    await racer.refresh?.(server.url);
    const settings = { ...racer.settings(server.url), KANEDA_BACKEND: name };
    const report = [CLI, 'report', '--by', 'route', '--since', '1d', '--json'];
    const runs = { raw: [] as Run[], own: [] as Run[] };
    for (let round = -1; round < ROUNDS; round++) {
      const raw = timed(['--input-type=module', '--eval', racer.raw], { URL: server.url });
      const own = timed(report, settings);
      check(name, raw.said, own.said);
      if (round < 0) continue;
      runs.raw.push(raw);
      runs.own.push(own);
    }
    const of = (key: 'seconds' | 'computed'): string => {
      const [raw, own] = [runs.raw, runs.own].map((all) => median(all.map((run) => run[key])));
      return `client ${raw!.toFixed(2)} s, kaneda report ${own!.toFixed(2)} s: ${(raw! / own!).toFixed(2)}x`;
    };
    console.log(`${name}: ${of('seconds')} (goal 0.8x)`);
    console.log(`${name}, processor: ${of('computed')}`);
  } finally {
    await server.stop();
  }
}

async function fill(exporter: ReportExporter): Promise<void> {
  const start = Date.now() - REPORTS * (COUNTERS_ALONE ? 8 : 4) - 60_000;
  for (let from = 0; from < REPORTS; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, REPORTS - from) }, (_, i) =>
      reportOf(COUNTERS_ALONE ? 2 * (from + i) : from + i, start),
    );
    const outcomes = await exporter[INTERNALS].deliver(batch);
    if (outcomes.some((outcome) => outcome !== 'stored')) throw new Error('not all were stored');
  }
  await exporter.shutdown();
}

interface Run {
  readonly seconds: number;
  /** Seconds that the process computed, which other programs on the machine change less. */
  readonly computed: number;
  readonly said: string;
}

function timed(args: readonly string[], env: Readonly<Record<string, string>>): Run {
  const command = ['-f', '%e %U %S', process.execPath, ...args];
  const options = { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH, ...env } } as const;
  const { status, stdout, stderr } = spawnSync('/usr/bin/time', command, options);
  if (status !== 0) throw new Error(stderr);
  const [seconds, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { seconds: seconds!, computed: user! + system!, said: stdout };
}

/** Both must have seen all documents: half of them are counters of 1 to 17, the others timings; or all are counters. */
function check(name: string, raw: string, report: string): void {
  const rows = JSON.parse(report) as { metric: string; sum: number; count: number }[];
  const requests = rows
    .filter(({ metric }) => metric === 'counter')
    .reduce((sum, row) => sum + row.sum, 0);
  let expected = 0;
  const end = COUNTERS_ALONE ? 2 * REPORTS : REPORTS;
  for (let i = 0; i < end; i += 2) expected += 1 + (i % 17);
  if (Number(raw) !== REPORTS || Math.round(requests) !== expected)
    throw new Error(`${name}: the client counted ${raw}, the report ${requests} of ${expected}`);
}
