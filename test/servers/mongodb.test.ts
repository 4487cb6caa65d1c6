import { MongoClient } from 'mongodb';
import type { ReportDocument } from '../../exporters/mongodb/documents.js';
import { MongoExporter } from '../../exporters/mongodb/index.js';
import { describeExporter, type Found } from '../conformance/exporter.js';
import { startMongo } from './ferretdb.js';
import { requireServer, type Server } from './server.js';

let server: Server;

/** A client of the test's own for one question, closed again: FerretDB is slow to stop while one is open. */
async function withClient<T>(ask: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(server.url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

const documentsOf = (collection = 'default'): Promise<ReportDocument[]> =>
  withClient((client) => client.db('kaneda').collection<ReportDocument>(collection).find().toArray());

describeExporter('MongoExporter', {
  start: async (context) => {
    server = await requireServer(context, startMongo, { own: true });
  },
  stop: () => server?.stop(),
  clear: () =>
    withClient(async (client) => {
      const database = client.db('kaneda');
      await database.dropDatabase();
      // What has this text in its field is refused as a duplicate, though its own id is new.
      await database.collection('default').createIndex({ taken: 1 }, { unique: true, sparse: true });
      await database.collection<ReportDocument>('default').insertOne({ _id: 'not a report', taken: 'taken' });
    }),
  make: (options) => new MongoExporter({ connectionUrl: server.url, timeout: 2_000, ...options }),
  stored: async () =>
    (await documentsOf())
      .filter(({ _id }) => _id !== 'not a report')
      .map(({ _id, ...rest }) => ({ id: _id, ...rest }) as unknown as Found),
  down: () => server.kill(),
  silent: async () => server.pause(),
  up: async () => {
    server.resume();
    await server.start();
  },
  bad: [{ what: 'duplicate in a unique index', spoil: ({ value: _, ...report }) => ({ ...report, fields: { taken: 'taken' } }) }],
});
