import { expect } from 'chai';
import { MongoExporter } from '../../../exporters/stores/mongodb/index.js';
import { allOf, describeReading } from '../../conformance/suites/reading.js';
import { startMongo } from '../../support/servers/ferretdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';

let server: Server;

describeReading('MongoExporter', {
  start: async (context) => {
    server = await requireServer(context, startMongo);
  },
  stop: () => server?.stop(),
  make: (collectionName) =>
    new MongoExporter({
      connectionUrl: server.url,
      dbName: `reading_${process.pid}`,
      collectionName,
      timeout: 5_000,
    }),
  // Kaneda's documents have no unit.
  lost: ({ unit: _, ...report }) => report,
  missing: /has no collection nothing-here in the database reading_\d+: correct dbName/,
});

describe('readReports of MongoExporter on a server that wants a sign-in', function () {
  this.timeout(120_000);
  let guarded: Server;
  before(async function () {
    guarded = await requireServer(this, startMongo, { own: true, password: 'adm1n' });
  });
  after(() => guarded?.stop());

  it('says to give user and password, or to correct them', async () => {
    for (const [account, words] of [
      [{}, 'give user and password'],
      [{ user: 'admin', password: 's3cretly wrong' }, 'correct user and password'],
    ] as const) {
      const exporter = new MongoExporter({
        connectionUrl: guarded.url,
        timeout: 2_000,
        ...account,
      });
      const error = (await allOf(exporter).catch((failure) => failure)) as Error;
      expect(error).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect(error.message).to.include(words);
      expect(error.message).to.not.include('s3cretly');
      await exporter.shutdown({ timeout: 500 });
    }
  });
});
