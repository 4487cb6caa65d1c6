import { expect } from 'chai';
import { UnsettledRethinkExporter } from '../support/rethinkdb/exporter.js';
import { CODES, Failure } from '../support/rethinkdb/failure.js';
import { type RethinkStandIn, startStandIn } from '../support/rethinkdb/wire.js';
import { allOf, describeReading } from './suites/reading.js';

let standIn: RethinkStandIn;

describeReading('RethinkExporter', {
  start: async () => {
    standIn = await startStandIn('right');
  },
  stop: () => standIn?.close(),
  make: (place) =>
    new UnsettledRethinkExporter({
      host: '127.0.0.1',
      port: standIn.port,
      password: 'right',
      timeout: 10,
      db: place,
    }),
  lost: ({ unit: _, ...report }) => report,
  missing: /Database `nothing-here` does not exist.*correct db and tableName/,
  own: () => {
    it('says which right is missing', async () => {
      standIn.queries.refuse = (term) => {
        if (term === 'TABLE_LIST') throw new Failure(CODES.permission, 'User `admin` may not.');
      };
      const exporter = new UnsettledRethinkExporter({
        host: '127.0.0.1',
        port: standIn.port,
        password: 'right',
        timeout: 10,
      });
      const error = (await allOf(exporter).catch((failure) => failure)) as Error;
      expect(error).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(error.message).to.include("r.db('kaneda').grant('admin', {read: true})");
      await exporter.shutdown({ timeout: 100 });
    });
  },
});
