/**
 * How many reports a second InfluxExporter stores, against the package influx with ready points, and against fetch with ready lines.
 *
 *     npx tsx bench/influxdb.ts
 */
import * as influx from 'influx';
import type { Report } from '../exporters/reports/report.js';
import { nanoseconds } from '../exporters/stores/influxdb/documents.js';
import { encode } from '../exporters/stores/influxdb/encode.js';
import { InfluxExporter } from '../exporters/stores/influxdb/index.js';
import { startInflux } from '../test/support/servers/influxdb.js';
import { type Raw, raceStore } from './store-race.js';

const server = await startInflux();
const { hostname, port } = new URL(server.url);
const client = new influx.InfluxDB({ host: hostname, port: Number(port), database: 'bench' });
await client.createDatabase('bench');
await client.createDatabase('lines');

const points: Raw<influx.IPoint> = {
  name: 'influx 5, writePoints',
  prepare: (reports: readonly Report[]) =>
    reports.map((report) => {
      const { host, metric, name, value } = report;
      const tags = { host, ...(report.tags as Record<string, string>) };
      return {
        measurement: metric,
        tags,
        fields: { name, value: value as number },
        timestamp: nanoseconds(report),
      };
    }),
  write: (batch) => client.writePoints([...batch], { precision: 'n' }),
};
const lines: Raw<string> = {
  name: 'fetch, ready lines',
  reference: true,
  prepare: (reports) =>
    reports.map((report) => encode(report, { nameAsTag: false }, { numberType: () => undefined })),
  write: async (batch) => {
    const answer = await fetch(`${server.url}/write?db=lines&precision=ns`, {
      method: 'POST',
      body: batch.join('\n'),
    });
    if (answer.status !== 204) throw new Error(await answer.text());
  },
};
const exporter = new InfluxExporter({ connectionUrl: server.url, database: 'own', timeout: 5 });
await raceStore<never>('InfluxDB', exporter, [points, lines] as unknown as Raw<never>[]);
await exporter.shutdown();
await server.stop();
