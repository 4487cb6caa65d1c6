/**
 * How many reports a second MongoExporter stores, against the driver's own insertMany of ready documents, unordered and acknowledged by a majority.
 *
 *     npx tsx bench/mongodb.ts
 */
import { MongoClient } from 'mongodb';
import { type ReportDocument, toDocument } from '../exporters/stores/mongodb/documents.js';
import { MongoExporter } from '../exporters/stores/mongodb/index.js';
import { startMongo } from '../test/support/servers/ferretdb.js';
import { raceStore } from './store-race.js';

const server = await startMongo();
const client = new MongoClient(server.url, { w: 'majority' });
const collection = client.db('bench').collection<ReportDocument>('raw');
await collection.createIndex({ metric: 1, name: 1, timestamp: -1 });
const exporter = new MongoExporter({
  connectionUrl: server.url,
  dbName: 'bench',
  collectionName: 'own',
  timeout: 5_000,
});
const driver = {
  name: 'driver, insertMany',
  prepare: (
    reports: Parameters<typeof toDocument>[0][] | readonly Parameters<typeof toDocument>[0][],
  ) => reports.map(toDocument),
  write: (batch: readonly ReportDocument[]) => collection.insertMany(batch, { ordered: false }),
};
await raceStore('MongoDB', exporter, [driver], 10_000);
await exporter.shutdown();
await client.close();
await server.stop();
