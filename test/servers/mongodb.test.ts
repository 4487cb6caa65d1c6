import { MongoClient } from 'mongodb';
import type { ReportDocument } from '../../exporters/mongodb/documents.js';
import { MongoExporter } from '../../exporters/mongodb/index.js';
import { describeExporter, type Found } from '../conformance/exporter.js';
import { startMongo } from './ferretdb.js';
import { requireServer, type Server } from './server.js';
import { describeFailures } from './stores/failures.js';

let server: Server;

/** A client of the test's own for one question, closed again: FerretDB is slow to stop while one is open. */
async function withClient<T>(ask: (client: MongoClient) => Promise<T>, url = server.url): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

const documentsOf = (url = server.url): Promise<ReportDocument[]> =>
  withClient((client) => client.db('kaneda').collection<ReportDocument>('default').find().toArray(), url);

const foundIn = (documents: readonly ReportDocument[]): Found[] =>
  documents.filter(({ _id }) => _id !== 'not a report').map(({ _id, ...rest }) => ({ id: _id, ...rest }) as unknown as Found);

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
  stored: async () => foundIn(await documentsOf()),
  down: () => server.kill(),
  silent: async () => server.pause(),
  up: async () => {
    server.resume();
    await server.start();
  },
  bad: [{ what: 'duplicate in a unique index', spoil: ({ value: _, ...report }) => ({ ...report, fields: { taken: 'taken' } }) }],
});

const ADMIN = { user: 'admin', password: 'adm1n' };
let guarded: Server;
const signedIn = (): string => guarded.url.replace('://', `://${ADMIN.user}:${ADMIN.password}@`);

describeFailures('MongoExporter', {
  start: async (context) => {
    guarded = await requireServer(context, startMongo, { own: true, password: ADMIN.password });
    return guarded;
  },
  make: (connectionUrl, options, account = ADMIN) => new MongoExporter({ connectionUrl, timeout: 2_000, ...account, ...options }),
  program: {
    module: 'exporters/mongodb/index.ts',
    exporter: 'MongoExporter',
    options: (connectionUrl) => ({ connectionUrl, timeout: 2_000, ...ADMIN }),
  },
  stored: async () => foundIn(await documentsOf(signedIn())),
  drop: async () => {
    await withClient((client) => client.db('kaneda').dropDatabase(), signedIn());
  },
  remedy: /db.grantRolesToUser/,
});
