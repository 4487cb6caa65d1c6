/**
 * How many reports a second RethinkExporter stores, against the driver's own insert of ready documents, both with hard durability.
 * It needs a RethinkDB: TEST_RETHINKDB_URL or RETHINKDB_BIN. Without one, a stand-in answers from memory: what is measured then is what
 * client and exporter cost themselves.
 *
 *     npx tsx bench/rethinkdb.ts
 */
import { createRequire } from 'node:module';
import { toDocument } from '../exporters/stores/rethinkdb/documents.js';
import { RethinkExporter } from '../exporters/stores/rethinkdb/index.js';
import { startStandIn } from '../test/support/rethinkdb/wire.js';
import { startRethink } from '../test/support/servers/rethinkdb.js';
import { UnavailableError } from '../test/support/servers/server.js';
import { type Raw, raceStore } from './store-race.js';

const r = createRequire(import.meta.url)('rethinkdb') as typeof import('rethinkdb');

const server = await startRethink().catch((error: unknown) => {
  if (!(error instanceof UnavailableError)) throw error;
  console.log(`${error.message}; a stand-in answers`);
  return undefined;
});
const standIn = server === undefined ? await startStandIn() : undefined;
const port = standIn?.port ?? Number(new URL(server!.url).port);
const connection = await r.connect({ host: '127.0.0.1', port });
if (!(await r.dbList().run(connection)).includes('bench'))
  await r.dbCreate('bench').run(connection);
if (!(await r.db('bench').tableList().run(connection)).includes('raw'))
  await r.db('bench').tableCreate('raw').run(connection);

const json: Raw<object> = {
  name: 'driver, insert of r.json',
  prepare: (reports) => reports.map(toDocument),
  write: (batch) =>
    r
      .db('bench')
      .table('raw')
      .insert((r as unknown as { json(text: string): object }).json(JSON.stringify(batch)), {
        durability: 'hard',
      })
      .run(connection),
};
const exporter = new RethinkExporter({
  host: '127.0.0.1',
  port,
  db: 'bench',
  tableName: 'own',
  timeout: 5,
});
await raceStore(server === undefined ? 'RethinkDB stand-in' : 'RethinkDB', exporter, [json]);
await exporter.shutdown();
await connection.close();
await standIn?.close();
await server?.stop();
