import { InfluxExporter, type InfluxExporterOptions } from '../../exporters/influxdb/index.js';
import { describeExporter, type ExporterHarness } from '../conformance/exporter.js';
import { startInflux } from './influxdb.js';
import { requireServer, type Server } from './server.js';
import { describeFailures } from './stores/failures.js';
import { type Account, allPoints, foundAmong, query } from './stores/influx-found.js';

const harness = (options: InfluxExporterOptions): ExporterHarness => {
  let server: Server;
  return {
    start: async (context) => {
      server = await requireServer(context, startInflux, { own: true });
    },
    stop: () => server?.stop(),
    clear: async () => {
      await query(server.url, 'DROP DATABASE kaneda');
    },
    make: (given) => new InfluxExporter({ connectionUrl: server.url, timeout: 5, ...options, ...given }),
    stored: async (sent) => foundAmong(await allPoints(server.url, 'kaneda'), sent),
    down: () => server.kill(),
    silent: async () => server.pause(),
    up: async () => {
      server.resume();
      await server.start();
    },
    bad: [
      { what: 'type conflict', spoil: (report) => ({ ...report, value: 'text in a field of numbers' }) },
      { what: 'tag with a backslash at its end', spoil: (report) => ({ ...report, tags: { path: 'C:\\' } }) },
      { what: 'time beyond nanoseconds', spoil: (report) => ({ ...report, timestamp: new Date(8.64e15) }) },
    ],
  };
};

describeExporter('InfluxExporter', harness({}));
describeExporter('InfluxExporter with names as tags', harness({ nameAsTag: true }));

const ADMIN: Account = { username: 'admin', password: 'adm1n' };
let guarded: Server;

describeFailures('InfluxExporter', {
  start: async (context) => {
    guarded = await requireServer(context, startInflux, { own: true, password: ADMIN.password });
    return guarded;
  },
  make: (connectionUrl, options, account) =>
    new InfluxExporter({
      connectionUrl,
      timeout: 5,
      username: account?.user ?? ADMIN.username,
      password: account?.password ?? ADMIN.password,
      ...options,
    }),
  program: {
    module: 'exporters/influxdb/index.ts',
    exporter: 'InfluxExporter',
    options: (connectionUrl) => ({ connectionUrl, timeout: 5, ...ADMIN }),
  },
  stored: async (sent) => foundAmong(await allPoints(guarded.url, 'kaneda', ADMIN), sent),
  drop: async () => {
    await query(guarded.url, 'DROP DATABASE kaneda', '', ADMIN);
  },
  powerless: async () => {
    await query(guarded.url, "CREATE USER powerless WITH PASSWORD 'p0wer'", '', ADMIN);
    return { user: 'powerless', password: 'p0wer' };
  },
  remedy: /an administrator runs GRANT WRITE ON "kaneda" TO "powerless"/,
});
