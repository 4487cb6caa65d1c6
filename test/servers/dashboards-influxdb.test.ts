import { expect } from 'chai';
import { INTERNALS } from '../../exporters/delivery/internals.js';
import { InfluxExporter } from '../../exporters/stores/influxdb/index.js';
import { grafanaTargets } from '../support/dashboards/files.js';
import {
  expectMeans,
  inEachMinute,
  KNOWN,
  knownReports,
  knownTimes,
} from '../support/dashboards/known.js';
import { startInflux } from '../support/servers/influxdb.js';
import { requireServer, type Server } from '../support/servers/server.js';
import { query, type Row } from '../support/servers/stores/influx-found.js';

const MINUTE_MS = 60_000;
const DATABASE = 'dashboards';

describe('the dashboard for InfluxDB', function () {
  this.timeout(120_000);
  const targets = grafanaTargets('grafana-influxdb.json');
  let server: Server;
  let from: number;

  for (const instanceAsTag of [false, true])
    describe(instanceAsTag ? 'with processes as tags' : 'with processes as fields', () => {
      before(async function () {
        server = await requireServer(this, startInflux);
        await query(server.url, `DROP DATABASE ${DATABASE}`);
        from = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
        const exporter = new InfluxExporter({
          database: DATABASE,
          connectionUrl: server.url,
          timeout: 5,
          instanceAsTag,
        });
        const outcomes = await exporter[INTERNALS].deliver(knownReports(from), {
          signal: AbortSignal.timeout(30_000),
        });
        await exporter.shutdown();
        expect(new Set(outcomes)).to.deep.equal(new Set(['stored']));
      });
      after(async () => {
        if (server !== undefined) await query(server.url, `DROP DATABASE ${DATABASE}`);
        await server?.stop();
      });

      it('counts requests, and those that failed, by route', async () => {
        const route = (row: Row) => String(row['http.route']);
        expect(await values('Requests per minute by route', route, 'sum')).to.deep.equal(
          inEach(KNOWN.requests),
        );
        expect(await values('Failed requests per minute by route', route, 'sum')).to.deep.equal(
          inEach(KNOWN.failed),
        );
      });

      it('shows the mean of each route, in which each request counts once', async () => {
        const means = await values(
          'Mean duration by route',
          (row) => String(row['http.route']),
          'mean',
        );
        expect(means).to.have.all.keys(Object.keys(KNOWN.means));
        for (const [name, mean] of Object.entries(KNOWN.means))
          expectMeans(means[name]!, from, mean, 1e-9);
      });

      it('shows the highest percentiles of an interval', async () => {
        const rows = await run('Duration: the highest p50, p95, p99 of an interval');
        expect(rows.map(({ time }) => Number(BigInt(time) / 1_000_000n))).to.deep.equal(
          knownTimes(from),
        );
        for (const row of rows) expect(row).to.include({ p50: 0.1, p95: 0.1, p99: 0.1 });
      });

      it('shows gauges by host or process, and the ledger', async () => {
        const whose = (row: Row) => (instanceAsTag ? String(row.instance) : `${row.host}:1`);
        expect(await values('Active requests by process', whose, 'max')).to.deep.equal(
          inEach(KNOWN.active),
        );
        for (const [i, [part, count]] of Object.entries(KNOWN.ledger).entries()) {
          const found = await values('Ledger: pending, rejected, dropped', whose, part, i);
          expect(found).to.deep.equal(inEach({ 'web-1:1': count, 'web-2:1': count }));
        }
      });

      it('lists events, the newest first', async () => {
        const rows = await run('Events');
        expect(rows.map(({ name, value }) => `${name} ${value}`)).to.deep.equal(KNOWN.events);
      });
    });

  it('has no panel that is not looked at here', () => {
    expect(targets.size).to.equal(7);
  });

  /** Runs a panel's query with the time that Grafana puts in. */
  const run = (title: string, part = 0): Promise<Row[]> => {
    const time = `time >= ${from}ms and time <= ${Date.now()}ms`;
    const text = String(targets.get(title)![part]!.query).replaceAll('$timeFilter', time);
    expect(text).not.to.contain('$');
    return query(server.url, text, DATABASE);
  };
  const values = async (title: string, group: (row: Row) => string, column: string, part = 0) => {
    const found: Record<string, Record<number, unknown>> = {};
    for (const row of await run(title, part)) {
      if (row[column] === 0 || row[column] === null) continue;
      found[group(row)] ??= {};
      found[group(row)]![Number(BigInt(row.time) / 1_000_000n)] = row[column];
    }
    return found;
  };
  const inEach = (numbers: object) => inEachMinute(from, numbers);
});
