import { expect } from 'chai';
import { INTERNALS } from '../../../exporters/delivery/internals.js';
import {
  InfluxExporter,
  type InfluxExporterOptions,
} from '../../../exporters/stores/influxdb/index.js';
import { allOf, describeReading, reportAt } from '../../conformance/suites/reading.js';
import { startInflux } from '../../support/servers/influxdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { query } from '../../support/servers/stores/influx-found.js';

let server: Server;
const make = (place: string, options: InfluxExporterOptions = {}): InfluxExporter =>
  new InfluxExporter({
    connectionUrl: server.url,
    database: `reading_${process.pid}_${place}`,
    timeout: 5,
    ...options,
  });

describeReading('InfluxExporter', {
  start: async (context) => {
    server = await requireServer(context, startInflux);
  },
  stop: () => server?.stop(),
  make,
  // A point has no id and no unit, and its tags are texts.
  lost: ({ unit: _, ...report }) => report,
  hasIds: false,
  missing: /database not found: reading_\d+_nothing-here: correct database or bucket/,
  own: () => {
    it('reads names that are tags, and tags whose names were taken', async () => {
      const exporter = make('tags', { nameAsTag: true });
      const report = reportAt(1, { tags: { host: 'mine', value: 'x', tags: 'y', route: "a'b" } });
      expect(await exporter[INTERNALS].deliver([report])).to.deep.equal(['stored']);
      for (const asked of [{}, { names: [report.name], tags: { host: 'mine', route: "a'b" } }]) {
        const [found] = await allOf(exporter, asked);
        expect(found).to.deep.include({ name: report.name, tags: report.tags, host: 'h' });
      }
      await exporter.shutdown({ timeout: 500 });
    });
  },
});

describe('readReports of InfluxExporter on a server that wants a sign-in', function () {
  this.timeout(120_000);
  const admin = { username: 'admin', password: 'adm1n' };
  let guarded: Server;
  before(async function () {
    guarded = await requireServer(this, startInflux, { own: true, password: admin.password });
    await query(guarded.url, 'CREATE DATABASE kaneda', '', admin);
    await query(guarded.url, "CREATE USER writer WITH PASSWORD 'wr1te'", '', admin);
    await query(guarded.url, 'GRANT WRITE ON kaneda TO writer', '', admin);
  });
  after(() => guarded?.stop());

  it('says where nothing listens, and what to look at', async () => {
    const exporter = new InfluxExporter({ connectionUrl: 'http://me:s3cretly@127.0.0.1:9' });
    const error = (await allOf(exporter).catch((failure) => failure)) as Error;
    expect(error.message).to.match(
      /^InfluxDB at http:..127\.0\.0\.1:9: .*ECONNREFUSED.*: nothing listens/,
    );
    expect(error.message).not.to.include('s3cretly');
    await exporter.shutdown({ timeout: 500 });
  });

  for (const [what, account, words] of [
    [
      'a wrong password',
      { username: 'admin', password: 's3cretly' },
      'correct username and password',
    ],
    [
      'a missing right',
      { username: 'writer', password: 'wr1te' },
      'GRANT READ ON "kaneda" TO "writer"',
    ],
  ] as const)
    it(`says what to do about ${what}`, async () => {
      const exporter = new InfluxExporter({ connectionUrl: guarded.url, timeout: 5, ...account });
      const error = (await allOf(exporter).catch((failure) => failure)) as Error;
      expect(error).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(error.message).to.include(words).and.not.include('s3cretly');
      await exporter.shutdown({ timeout: 500 });
    });
});
