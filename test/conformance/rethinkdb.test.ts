import { UnsettledRethinkExporter } from '../support/rethinkdb/exporter.js';
import { type RethinkStandIn, startStandIn } from '../support/rethinkdb/wire.js';
import { describeExporter, type Found } from './suites/exporter.js';

let standIn: RethinkStandIn;

describeExporter('RethinkExporter, on a stand-in that speaks the wire', {
  start: async () => {
    standIn = await startStandIn('secret');
  },
  stop: () => standIn.close(),
  clear: async () => {
    standIn.queries.databases.length = 0;
    standIn.queries.tables.length = 0;
    standIn.queries.refuseDocument = (document) =>
      document.value === 'refused' ? 'Write hook: refused:\n{…}' : undefined;
  },
  make: (options) =>
    new UnsettledRethinkExporter({
      host: '127.0.0.1',
      port: standIn.port,
      password: 'secret',
      ...options,
    }),
  stored: async () => standIn.queries.documents('kaneda') as unknown as Found[],
  down: async () => standIn.down(),
  silent: async () => standIn.silent(),
  up: async () => standIn.up(),
  bad: [
    { what: 'id too long', spoil: (report) => ({ ...report, id: report.id.repeat(4) }) },
    { what: 'refused by the table', spoil: (report) => ({ ...report, value: 'refused' }) },
  ],
});
