import { createRequire } from 'node:module';
import { RethinkExporter } from '../../exporters/stores/rethinkdb/index.js';
import { describeExporter, type Found } from '../conformance/suites/exporter.js';
import { describeReading } from '../conformance/suites/reading.js';
import { describeFailures } from '../conformance/suites/store-failures.js';
import { startProxy, type TcpProxy } from '../support/servers/proxy.js';
import { startRethink } from '../support/servers/rethinkdb.js';
import { requireServer, type Server } from '../support/servers/server.js';

const r = createRequire(import.meta.url)('rethinkdb') as typeof import('rethinkdb');
/** A server that is ours can be restarted; one given by URL is reached by proxies alone. */
const OPTIONS = { own: Boolean(process.env.RETHINKDB_BIN) };
const DB = `kaneda_${process.pid}`;

let server: Server;
let proxy: TcpProxy;

async function ask<T>(
  query: (connection: import('rethinkdb').Connection) => Promise<T>,
): Promise<T> {
  const { hostname, port } = new URL(server.url);
  const connection = await r.connect({ host: hostname, port: Number(port) });
  try {
    return await query(connection);
  } finally {
    await connection.close();
  }
}

const drop = (): Promise<void> =>
  ask(async (connection) => {
    if ((await r.dbList().run(connection)).includes(DB)) await r.dbDrop(DB).run(connection);
  });

const stored = (): Promise<Found[]> =>
  ask(async (connection) => {
    const found: Found[] = [];
    if (!(await r.dbList().run(connection)).includes(DB)) return found;
    for (const table of await r.db(DB).tableList().run(connection)) {
      const cursor = await r.db(DB).table(table).run(connection);
      found.push(...((await cursor.toArray()) as Found[]));
    }
    return found;
  });

const at = (url: string) => ({
  host: new URL(url).hostname,
  port: Number(new URL(url).port),
  db: DB,
  timeout: 2,
});

describeExporter('RethinkExporter', {
  start: async (context) => {
    server = await requireServer(context, startRethink, OPTIONS);
    proxy = await startProxy(server.url);
  },
  stop: async () => {
    if (server === undefined) return;
    await drop();
    await proxy.close();
    await server.stop();
  },
  clear: drop,
  make: (options) => new RethinkExporter({ ...at(proxy.url), ...options }),
  stored,
  down: async () => proxy.cut(),
  silent: async () => proxy.hold(),
  up: async () => proxy?.resume(),
  bad: [{ what: 'id too long', spoil: (report) => ({ ...report, id: report.id.repeat(4) }) }],
});

describeFailures('RethinkExporter', {
  start: async (context) => {
    server = await requireServer(context, startRethink, OPTIONS);
    return server;
  },
  make: (url, options, account) => new RethinkExporter({ ...at(url), ...account, ...options }),
  program: {
    module: 'exporters/stores/rethinkdb/index.ts',
    exporter: 'RethinkExporter',
    options: at,
  },
  stored,
  drop,
  powerless: () =>
    ask(async (connection) => {
      const account = { user: 'powerless', password: 'p0wer' };
      const users = r.db('rethinkdb').table('users');
      await users
        .insert({ id: account.user, password: account.password }, { conflict: 'replace' })
        .run(connection);
      return account;
    }),
  remedy: /an administrator runs r\.dbCreate/,
});

const READING = `${DB}_reading`;
describeReading('RethinkExporter', {
  start: async (context) => {
    server = await requireServer(context, startRethink, OPTIONS);
  },
  stop: async () => {
    if (server === undefined) return;
    await ask(async (connection) => {
      const databases = await r.dbList().run(connection);
      for (const db of databases) if (db.startsWith(READING)) await r.dbDrop(db).run(connection);
    });
    await server.stop();
  },
  make: (place) => new RethinkExporter({ ...at(server.url), db: `${READING}-${place}` }),
  lost: ({ unit: _, ...report }) => report,
  missing: /does not exist.*correct db and tableName/,
});
