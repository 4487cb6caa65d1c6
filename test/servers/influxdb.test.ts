import { InfluxExporter, type InfluxExporterOptions } from '../../exporters/influxdb/index.js';
import { describeExporter, type ExporterHarness } from '../conformance/exporter.js';
import { startInflux } from './influxdb.js';
import { requireServer, type Server } from './server.js';
import { allPoints, foundAmong, query } from './stores/influx-found.js';

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
